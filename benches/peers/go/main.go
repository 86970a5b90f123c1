// proto/rpc.proto on grpc-go, with its defaults.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	api "ferrpc.bench/peer/gen/rpc"
)

type load struct {
	api.UnimplementedLoadServer
	payload []byte
}

func (load) GetUser(_ context.Context, request *api.UserId) (*api.User, error) {
	if request.Id <= 0 {
		return nil, status.Errorf(codes.InvalidArgument, "id must be positive, got %d", request.Id)
	}
	return &api.User{Id: request.Id, Name: "John Doe", Email: "john@example.com"}, nil
}

func (load) Unary(_ context.Context, piece *api.Piece) (*api.Piece, error) {
	return piece, nil
}

func (l load) Sized(_ context.Context, order *api.Order) (*api.Piece, error) {
	return &api.Piece{Payload: l.payload[:order.PayloadBytes]}, nil
}

func (l load) Down(order *api.Order, stream grpc.ServerStreamingServer[api.Piece]) error {
	for number := range order.Count {
		piece := api.Piece{Number: number, Payload: l.payload[:order.PayloadBytes]}
		if err := stream.Send(&piece); err != nil {
			return err
		}
	}
	return nil
}

func (load) Up(stream grpc.ClientStreamingServer[api.Piece, api.Total]) error {
	var total api.Total
	for {
		piece, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&total)
		}
		if err != nil {
			return err
		}
		total.Count++
		total.PayloadBytes += uint64(len(piece.Payload))
	}
}

func (load) Both(stream grpc.BidiStreamingServer[api.Piece, api.Piece]) error {
	for {
		piece, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(piece); err != nil {
			return err
		}
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where to listen")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	payload := make([]byte, 16<<20)
	for at := range payload {
		payload[at] = byte(at % 251)
	}
	server := grpc.NewServer()
	api.RegisterLoadServer(server, load{payload: payload})
	fmt.Println("listening on", listener.Addr())
	log.Fatal(server.Serve(listener))
}
