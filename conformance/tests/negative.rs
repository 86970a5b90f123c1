//! gRPC's negative HTTP/2 interop tests.
#![forbid(unsafe_code)]

use ferrpc_conformance::interop::negative;

macro_rules! cases {
    ($($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                negative::run(stringify!($name)).await.unwrap();
            }
        )*

        #[test]
        fn all_cases_are_here() {
            assert_eq!(negative::CASES, [$(stringify!($name)),*]);
        }
    };
}

cases! {
    goaway
    rst_after_header
    rst_during_data
    rst_after_data
    ping
    max_streams
    data_frame_padding
    no_df_padding_sanity_test
}
