package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "ferrpc.test/peer/gen/test"
	"ferrpc.test/peer/gen/user"
)

// fates counts, for each tag, the calls that ran to their end and those that were cancelled.
type fates struct {
	mutex   sync.Mutex
	changed chan struct{} // closed, and replaced, at each change
	of      map[string]*pb.FateResponse
}

func (f *fates) count(tag string, finished bool) {
	if tag == "" {
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	fate := f.of[tag]
	if fate == nil {
		fate = &pb.FateResponse{}
		f.of[tag] = fate
	}
	if finished {
		fate.Finished++
	} else {
		fate.Cancelled++
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fates) wait(ctx context.Context, tag string, ended uint32) (*pb.FateResponse, error) {
	for {
		f.mutex.Lock()
		fate := &pb.FateResponse{
			Finished:  f.of[tag].GetFinished(),
			Cancelled: f.of[tag].GetCancelled(),
		}
		changed := f.changed
		f.mutex.Unlock()
		if fate.Finished+fate.Cancelled >= ended {
			return fate, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		}
	}
}

// call is what every handler does before and after its own work.
type call struct {
	ctx   context.Context
	fates *fates
	act   *pb.Act
}

func (s *testService) begin(ctx context.Context) *call {
	return &call{ctx: ctx, fates: &s.fates, act: &pb.Act{}}
}

// obey does the part of act that comes before the answer.
func (c *call) obey(act *pb.Act) error {
	if act == nil {
		return nil
	}
	c.act = act
	if act.DelayMs == 0 {
		return nil
	}
	select {
	case <-time.After(time.Duration(act.DelayMs) * time.Millisecond):
		return nil
	case <-c.ctx.Done():
		return status.FromContextError(c.ctx.Err()).Err()
	}
}

// end does the part of act that comes after the answer, and counts the call.
func (c *call) end(err error) error {
	c.fates.count(c.act.Tag, err == nil && c.ctx.Err() == nil)
	if err != nil {
		return err
	}
	return status.Error(codes.Code(c.act.Code), c.act.Message) // nil for code 0
}

// echoed splits off the request metadata that is to come back.
func echoed(ctx context.Context) (initial, trailing metadata.MD) {
	initial, trailing = metadata.MD{}, metadata.MD{}
	received, _ := metadata.FromIncomingContext(ctx)
	for name, values := range received {
		if strings.HasPrefix(name, "x-initial-") {
			initial[name] = values
		}
		if strings.HasPrefix(name, "x-trailing-") {
			trailing[name] = values
		}
	}
	return initial, trailing
}

func echoOnStream(stream grpc.ServerStream) error {
	initial, trailing := echoed(stream.Context())
	stream.SetTrailer(trailing)
	if len(initial) == 0 {
		return nil
	}
	return stream.SendHeader(initial)
}

type testService struct {
	pb.UnimplementedTestServiceServer
	fates fates
}

func (s *testService) Echo(ctx context.Context, request *pb.EchoRequest) (*pb.EchoResponse, error) {
	response := &pb.EchoResponse{Payload: request.Payload}
	if deadline, ok := ctx.Deadline(); ok {
		response.TimeoutMs = uint32(time.Until(deadline).Milliseconds())
	}
	initial, trailing := echoed(ctx)
	if err := grpc.SetTrailer(ctx, trailing); err != nil {
		return nil, err
	}
	if len(initial) > 0 {
		if err := grpc.SendHeader(ctx, initial); err != nil {
			return nil, err
		}
	}
	call := s.begin(ctx)
	if err := call.end(call.obey(request.Act)); err != nil {
		return nil, err
	}
	return response, nil
}

func (s *testService) Download(request *pb.DownloadRequest, stream grpc.ServerStreamingServer[pb.Chunk]) error {
	if err := echoOnStream(stream); err != nil {
		return err
	}
	call := s.begin(stream.Context())
	if err := call.obey(request.Act); err != nil {
		return call.end(err)
	}
	for number := range request.Count {
		if err := stream.Send(&pb.Chunk{Number: number, Payload: fill(number, request.Bytes)}); err != nil {
			return call.end(err)
		}
	}
	return call.end(nil)
}

func (s *testService) Upload(stream grpc.ClientStreamingServer[pb.Chunk, pb.UploadSummary]) error {
	if err := echoOnStream(stream); err != nil {
		return err
	}
	call := s.begin(stream.Context())
	summary := &pb.UploadSummary{InOrder: true}
	err := call.take(stream.Recv, func(chunk *pb.Chunk) error {
		if chunk.Number != summary.Count || !filled(chunk) {
			summary.InOrder = false
		}
		summary.Count++
		summary.Bytes += uint64(len(chunk.Payload))
		return nil
	})
	if err := call.end(err); err != nil {
		return err
	}
	return stream.SendAndClose(summary)
}

func (s *testService) Chat(stream grpc.BidiStreamingServer[pb.Chunk, pb.Chunk]) error {
	if err := echoOnStream(stream); err != nil {
		return err
	}
	call := s.begin(stream.Context())
	err := call.take(stream.Recv, func(chunk *pb.Chunk) error {
		chunk.Act = nil
		return stream.Send(chunk)
	})
	return call.end(err)
}

func (s *testService) Fate(ctx context.Context, request *pb.FateRequest) (*pb.FateResponse, error) {
	return s.fates.wait(ctx, request.Tag, request.Ended)
}

// take hands on the chunks that the first one's act lets this call read.
func (c *call) take(receive func() (*pb.Chunk, error), each func(*pb.Chunk) error) error {
	for count := uint32(0); ; {
		chunk, err := receive()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if count == 0 {
			if err := c.obey(chunk.Act); err != nil {
				return err
			}
		}
		if err := each(chunk); err != nil {
			return err
		}
		count++
		if count == c.act.AnswerAfter {
			return nil
		}
	}
}

// fill is the payload of chunk number.
func fill(number, size uint32) []byte {
	return bytes.Repeat([]byte{byte(number % 256)}, int(size))
}

func filled(chunk *pb.Chunk) bool {
	return bytes.Equal(chunk.Payload, fill(chunk.Number, uint32(len(chunk.Payload))))
}

type userService struct {
	user.UnimplementedUserServiceServer
}

func (userService) GetUser(_ context.Context, request *user.UserRequest) (*user.UserResponse, error) {
	if request.Id <= 0 {
		return nil, status.Errorf(codes.InvalidArgument, "id must be positive, got %d", request.Id)
	}
	return &user.UserResponse{Id: request.Id, Name: "John Doe", Email: "john@example.com"}, nil
}

func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxConcurrentStreams(100))
	pb.RegisterTestServiceServer(server, &testService{
		fates: fates{changed: make(chan struct{}), of: map[string]*pb.FateResponse{}},
	})
	user.RegisterUserServiceServer(server, userService{})
	fmt.Printf("listening on %s\n", listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Stop()
	}()
	return server.Serve(listener)
}
