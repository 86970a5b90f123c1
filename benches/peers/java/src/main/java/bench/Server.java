package bench;

import com.google.protobuf.ByteString;
import ferrpc.bench.rpc.LoadGrpc;
import ferrpc.bench.rpc.Rpc.Order;
import ferrpc.bench.rpc.Rpc.Piece;
import ferrpc.bench.rpc.Rpc.Total;
import ferrpc.bench.rpc.Rpc.UserId;
import ferrpc.bench.rpc.Rpc.User;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;

/** proto/rpc.proto on grpc-java: handlers run where their messages arrive. */
public final class Server {
  private static final ByteString PAYLOAD = payload();

  private static ByteString payload() {
    byte[] octets = new byte[16 << 20];
    for (int at = 0; at < octets.length; at++) {
      octets[at] = (byte) (at % 251);
    }
    return ByteString.copyFrom(octets);
  }

  public static void main(String[] args) throws Exception {
    int port = args.length == 2 && args[0].equals("--port") ? Integer.parseInt(args[1]) : 0;
    io.grpc.Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
            .directExecutor()
            .addService(new Load())
            .build()
            .start();
    System.out.println("listening on 127.0.0.1:" + server.getPort());
    server.awaitTermination();
  }

  private static final class Load extends LoadGrpc.LoadImplBase {
    @Override
    public void getUser(UserId request, StreamObserver<User> out) {
      if (request.getId() <= 0) {
        out.onError(Status.INVALID_ARGUMENT.withDescription("id must be positive").asException());
        return;
      }
      out.onNext(
          User.newBuilder()
              .setId(request.getId())
              .setName("John Doe")
              .setEmail("john@example.com")
              .build());
      out.onCompleted();
    }

    @Override
    public void unary(Piece request, StreamObserver<Piece> out) {
      out.onNext(request);
      out.onCompleted();
    }

    @Override
    public void sized(Order request, StreamObserver<Piece> out) {
      out.onNext(Piece.newBuilder().setPayload(PAYLOAD.substring(0, request.getPayloadBytes())).build());
      out.onCompleted();
    }

    @Override
    public void down(Order order, StreamObserver<Piece> observer) {
      ServerCallStreamObserver<Piece> out = (ServerCallStreamObserver<Piece>) observer;
      ByteString payload = PAYLOAD.substring(0, order.getPayloadBytes());
      out.setOnReadyHandler(
          new Runnable() {
            private long number = 0;
            private boolean done = false;

            @Override
            public void run() {
              while (!done && out.isReady()) {
                if (number == order.getCount()) {
                  done = true;
                  out.onCompleted();
                  return;
                }
                out.onNext(Piece.newBuilder().setNumber(number++).setPayload(payload).build());
              }
            }
          });
    }

    @Override
    public StreamObserver<Piece> up(StreamObserver<Total> out) {
      return new StreamObserver<>() {
        private long count = 0;
        private long octets = 0;

        @Override
        public void onNext(Piece piece) {
          count++;
          octets += piece.getPayload().size();
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          out.onNext(Total.newBuilder().setCount(count).setPayloadBytes(octets).build());
          out.onCompleted();
        }
      };
    }

    @Override
    public StreamObserver<Piece> both(StreamObserver<Piece> out) {
      return new StreamObserver<>() {
        @Override
        public void onNext(Piece piece) {
          out.onNext(piece);
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }
  }
}
