//! From `:path` to a service and the index of its method: one lookup.

use std::collections::HashMap;
use std::sync::Arc;

use super::Config;
use super::habit::Habit;
use super::intercepted::Intercepted;
use super::service::Service;
use crate::interceptor::Chain;
use crate::method::Kind;
use crate::method_config::MethodConfigs;

/// Where a path leads.
pub(crate) struct Route {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) index: usize,
    /// Empty of a fallback.
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    /// What its calls go by, if that is not what all others do.
    pub(crate) config: Option<Arc<Config>>,
    /// It takes what no service has.
    pub(crate) is_fallback: bool,
    /// What its handlers are like.
    pub(super) habit: Arc<Habit>,
}

impl Route {
    fn new(service: Arc<dyn Service>, index: usize, path: &'static str, kind: Kind) -> Self {
        Self { service, index, path, kind, config: None, is_fallback: false, habit: Arc::default() }
    }
}

/// A route's number: calls carry it about, for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RouteId(u32);

#[derive(Default)]
pub(crate) struct Router {
    routes: Vec<Route>,
    by_path: HashMap<&'static [u8], RouteId>,
    fallback: Option<RouteId>,
}

impl Router {
    pub(crate) fn add(&mut self, service: Arc<dyn Service>) {
        for (index, method) in service.methods().iter().enumerate() {
            let route = Route::new(service.clone(), index, method.path, method.kind);
            let id = self.put(route);
            self.by_path.insert(method.path.as_bytes(), id);
        }
    }

    /// Gives a service, as one method of both streams, what nobody else takes.
    pub(crate) fn set_fallback(&mut self, service: Arc<dyn Service>) {
        let route = Route { is_fallback: true, ..Route::new(service, 0, "", Kind::Bidi) };
        self.fallback = Some(self.put(route));
    }

    fn put(&mut self, route: Route) -> RouteId {
        self.routes.push(route);
        // Far fewer than 2³²: each is a method of a service in memory.
        RouteId(u32::try_from(self.routes.len() - 1).unwrap_or(u32::MAX))
    }

    /// Puts a chain of interceptors before all services.
    pub(crate) fn intercept(&mut self, chain: &Chain) {
        for route in &mut self.routes {
            let service = Intercepted::by_chain(route.service.clone(), chain.clone());
            route.service = Arc::new(service);
        }
    }

    /// Gives methods what is set for them.
    pub(crate) fn configure(&mut self, server: &Config, methods: &MethodConfigs) {
        for (path, id) in &self.by_path {
            let config = str::from_utf8(path).ok().and_then(|path| methods.find(path));
            self.routes[id.0 as usize].config = config.map(|config| Arc::new(server.with(config)));
        }
    }

    pub(crate) fn find(&self, path: &[u8]) -> Option<RouteId> {
        self.by_path.get(path).copied().or(self.fallback)
    }

    /// The route that [`find`](Self::find) found.
    pub(crate) fn route(&self, id: RouteId) -> &Route {
        &self.routes[id.0 as usize]
    }

    /// What to tell a caller whose path leads nowhere.
    pub(crate) fn unknown(&self, path: &[u8]) -> String {
        let path = String::from_utf8_lossy(path);
        let service = path.trim_start_matches('/').rsplit_once('/').map_or("", |(service, _)| service);
        let known = self.by_path.values().any(|id| self.route(*id).service.name() == service);
        if known {
            format!("service {service} has no method at {path}")
        } else {
            format!("no service is served at {path}")
        }
    }
}
