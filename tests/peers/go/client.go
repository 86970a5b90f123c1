package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "ferrpc.test/peer/gen/test"
	"ferrpc.test/peer/gen/user"
)

const (
	kib  = 1024
	mib  = 1024 * kib
	soon = 30 * time.Second // what any answer may take
	text = "kein Platz: “100 %” voll – 満員 🦀\nzweite Zeile"
)

// shapes of streams: so many chunks of so many bytes.
var shapes = [][2]uint32{{0, 0}, {1, 1}, {1000, 100}, {20, 64 * kib}, {3, mib}, {2, 3 * mib}}

// One entry per case; an error is a failure. Every call has a deadline, so that no case hangs.
var allCases = []struct {
	name string
	run  func(*peer) error
}{
	{"get_user", getUser},
	{"unary_sizes", unarySizes},
	{"unary_1000_at_once", unary1000AtOnce},
	{"server_streaming", serverStreaming},
	{"client_streaming", clientStreaming},
	{"bidi", bidi},
	{"bidi_ping_pong", bidiPingPong},
	{"metadata_binary", metadataBinary},
	{"error_unicode", errorUnicode},
	{"deadline_client", deadlineClient},
	{"deadline_server", deadlineServer},
	{"cancel_mid_stream", cancelMidStream},
	{"gone_mid_stream", goneMidStream},
	{"early_answer", earlyAnswer},
	{"unimplemented", unimplemented},
	{"too_large", tooLarge},
}

// peer is the stubs of one channel.
type peer struct {
	target string
	conn   *grpc.ClientConn
	test   pb.TestServiceClient
	user   user.UserServiceClient
}

func connect(target string) (*peer, error) {
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &peer{target, conn, pb.NewTestServiceClient(conn), user.NewUserServiceClient(conn)}, nil
}

func within(limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), limit)
}

func chunk(number, size uint32, act *pb.Act) *pb.Chunk {
	return &pb.Chunk{Number: number, Payload: fill(number, size), Act: act}
}

func newTag(name string) string {
	return fmt.Sprintf("go-%s-%d-%d", name, os.Getpid(), time.Now().UnixNano())
}

func wantStatus(err error, code codes.Code, message string) error {
	got := status.Convert(err)
	if got.Code() != code {
		return fmt.Errorf("got status %v (%q), wanted %v", got.Code(), got.Message(), code)
	}
	if message != "" && got.Message() != message {
		return fmt.Errorf("got message %q, wanted %q", got.Message(), message)
	}
	return nil
}

func (p *peer) wantCancelled(tag string) error {
	ctx, cancel := within(soon)
	defer cancel()
	fate, err := p.test.Fate(ctx, &pb.FateRequest{Tag: tag, Ended: 1})
	if err != nil {
		return fmt.Errorf("asking for the fate of %s: %w", tag, err)
	}
	if fate.Finished != 0 || fate.Cancelled != 1 {
		return fmt.Errorf("the server saw %d finished and %d cancelled, wanted 0 and 1", fate.Finished, fate.Cancelled)
	}
	return nil
}

func (p *peer) wantEcho(payload []byte) error {
	ctx, cancel := within(soon)
	defer cancel()
	reply, err := p.test.Echo(ctx, &pb.EchoRequest{Payload: payload})
	if err != nil {
		return err
	}
	if !bytes.Equal(reply.Payload, payload) {
		return fmt.Errorf("a payload of %d bytes came back changed, as %d bytes", len(payload), len(reply.Payload))
	}
	return nil
}

func getUser(p *peer) error {
	ctx, cancel := within(soon)
	defer cancel()
	reply, err := p.user.GetUser(ctx, &user.UserRequest{Id: 1})
	if err != nil {
		return err
	}
	if reply.Id != 1 || reply.Name != "John Doe" || reply.Email != "john@example.com" {
		return fmt.Errorf("got %v", reply)
	}
	_, err = p.user.GetUser(ctx, &user.UserRequest{Id: -3})
	return wantStatus(err, codes.InvalidArgument, "id must be positive, got -3")
}

func unarySizes(p *peer) error {
	for _, size := range []int{0, 1, 64 * kib, mib, 3 * mib} {
		payload := make([]byte, size)
		_, _ = rand.New(rand.NewSource(int64(size))).Read(payload)
		if err := p.wantEcho(payload); err != nil {
			return err
		}
	}
	return nil
}

func unary1000AtOnce(p *peer) error {
	results := make(chan error)
	for number := range 1000 {
		go func() { results <- p.wantEcho(fmt.Append(nil, number)) }()
	}
	var failure error
	for range 1000 {
		if err := <-results; err != nil {
			failure = err
		}
	}
	return failure
}

func serverStreaming(p *peer) error {
	for _, shape := range shapes {
		ctx, cancel := within(soon)
		defer cancel()
		stream, err := p.test.Download(ctx, &pb.DownloadRequest{Count: shape[0], Bytes: shape[1]})
		if err != nil {
			return err
		}
		if err := wantChunks(stream.Recv, shape[0], shape[1]); err != nil {
			return err
		}
	}
	return nil
}

// wantChunks reads to the end, which must be OK, and compares.
func wantChunks(receive func() (*pb.Chunk, error), count, size uint32) error {
	for number := range count {
		got, err := receive()
		if err != nil {
			return fmt.Errorf("chunk %d of %d × %d bytes: %w", number, count, size, err)
		}
		if got.Number != number || !bytes.Equal(got.Payload, fill(number, size)) {
			return fmt.Errorf("chunk %d of %d × %d bytes is number %d of %d bytes", number, count, size, got.Number, len(got.Payload))
		}
	}
	if got, err := receive(); err != io.EOF {
		return fmt.Errorf("after %d × %d bytes: got %v, %v; wanted the end", count, size, got, err)
	}
	return nil
}

func clientStreaming(p *peer) error {
	for _, shape := range shapes {
		ctx, cancel := within(soon)
		defer cancel()
		stream, err := p.test.Upload(ctx)
		if err != nil {
			return err
		}
		for number := range shape[0] {
			if err := stream.Send(chunk(number, shape[1], nil)); err != nil {
				return err
			}
		}
		got, err := stream.CloseAndRecv()
		if err != nil {
			return err
		}
		wanted := &pb.UploadSummary{Count: shape[0], Bytes: uint64(shape[0]) * uint64(shape[1]), InOrder: true}
		if !proto.Equal(got, wanted) {
			return fmt.Errorf("got %v, wanted %v", got, wanted)
		}
	}
	return nil
}

func bidi(p *peer) error {
	for _, shape := range shapes {
		ctx, cancel := within(soon)
		defer cancel()
		stream, err := p.test.Chat(ctx)
		if err != nil {
			return err
		}
		sent := make(chan error, 1)
		go func() {
			for number := range shape[0] {
				if err := stream.Send(chunk(number, shape[1], nil)); err != nil {
					sent <- err
					return
				}
			}
			sent <- stream.CloseSend()
		}()
		if err := wantChunks(stream.Recv, shape[0], shape[1]); err != nil {
			return err
		}
		if err := <-sent; err != nil {
			return err
		}
	}
	return nil
}

func bidiPingPong(p *peer) error {
	ctx, cancel := within(soon)
	defer cancel()
	stream, err := p.test.Chat(ctx)
	if err != nil {
		return err
	}
	for number := range uint32(100) {
		if err := stream.Send(chunk(number, 10, nil)); err != nil {
			return err
		}
		got, err := stream.Recv()
		if err != nil {
			return err
		}
		if got.Number != number {
			return fmt.Errorf("got reply %d to chunk %d", got.Number, number)
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Recv(); err != io.EOF {
		return fmt.Errorf("after the end: %v", err)
	}
	return nil
}

func metadataBinary(p *peer) error {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	sent := metadata.Pairs(
		"x-initial-text", "plain text, with a comma",
		"x-initial-many", "one",
		"x-initial-many", "two",
		"x-initial-any-bin", string(everyByte),
		"x-initial-none-bin", "",
		"x-trailing-text", "at the end",
		"x-trailing-any-bin", string(everyByte),
		"x-trailing-many-bin", "\x00",
		"x-trailing-many-bin", "\xff\xfe",
	)
	check := func(prefix string, received metadata.MD) error {
		for name, values := range sent {
			got := received.Get(name)
			if strings.HasPrefix(name, prefix) && !slices.Equal(got, values) {
				return fmt.Errorf("%s: got %q, wanted %q", name, got, values)
			}
		}
		return nil
	}

	ctx, cancel := within(soon)
	defer cancel()
	ctx = metadata.NewOutgoingContext(ctx, sent)
	var header, trailer metadata.MD
	if _, err := p.test.Echo(ctx, &pb.EchoRequest{}, grpc.Header(&header), grpc.Trailer(&trailer)); err != nil {
		return err
	}
	if err := check("x-initial-", header); err != nil {
		return err
	}
	if err := check("x-trailing-", trailer); err != nil {
		return err
	}

	stream, err := p.test.Download(ctx, &pb.DownloadRequest{Count: 2})
	if err != nil {
		return err
	}
	if header, err = stream.Header(); err != nil {
		return err
	}
	if err := check("x-initial-", header); err != nil {
		return err
	}
	if err := wantChunks(stream.Recv, 2, 0); err != nil {
		return err
	}
	if err := check("x-trailing-", stream.Trailer()); err != nil {
		return err
	}

	// With an error the trailers may be all that comes.
	trailer = nil
	_, err = p.test.Echo(ctx, &pb.EchoRequest{Act: &pb.Act{Code: 9}}, grpc.Trailer(&trailer))
	if err := wantStatus(err, codes.FailedPrecondition, ""); err != nil {
		return err
	}
	return check("x-trailing-", trailer)
}

func errorUnicode(p *peer) error {
	ctx, cancel := within(soon)
	defer cancel()
	act := &pb.Act{Code: 8, Message: text}
	_, err := p.test.Echo(ctx, &pb.EchoRequest{Act: act})
	if err := wantStatus(err, codes.ResourceExhausted, text); err != nil {
		return err
	}

	upload, err := p.test.Upload(ctx)
	if err != nil {
		return err
	}
	if err := upload.Send(chunk(0, 10, act)); err != nil {
		return err
	}
	_, err = upload.CloseAndRecv()
	if err := wantStatus(err, codes.ResourceExhausted, text); err != nil {
		return err
	}

	download, err := p.test.Download(ctx, &pb.DownloadRequest{Count: 3, Act: act})
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := download.Recv(); err != nil {
			return fmt.Errorf("chunk before the error: %w", err)
		}
	}
	_, err = download.Recv()
	if err := wantStatus(err, codes.ResourceExhausted, text); err != nil {
		return err
	}

	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		_, err := p.test.Echo(ctx, &pb.EchoRequest{Act: &pb.Act{Code: int32(code), Message: code.String()}})
		if err := wantStatus(err, code, code.String()); err != nil {
			return err
		}
	}
	return nil
}

func deadlineClient(p *peer) error {
	tag := newTag("deadline")
	ctx, cancel := within(200 * time.Millisecond)
	defer cancel()
	started := time.Now()
	_, err := p.test.Echo(ctx, &pb.EchoRequest{Act: &pb.Act{DelayMs: 60_000, Tag: tag}})
	took := time.Since(started)
	if err := wantStatus(err, codes.DeadlineExceeded, ""); err != nil {
		return err
	}
	if took < 150*time.Millisecond || took > soon {
		return fmt.Errorf("the deadline of 200 ms fired after %v", took)
	}
	return p.wantCancelled(tag)
}

func deadlineServer(p *peer) error {
	ctx, cancel := within(20 * time.Second)
	defer cancel()
	reply, err := p.test.Echo(ctx, &pb.EchoRequest{})
	if err != nil {
		return err
	}
	// Senders may round the header up.
	if reply.TimeoutMs <= 10_000 || reply.TimeoutMs > 21_000 {
		return fmt.Errorf("the server saw %d ms left of 20 s", reply.TimeoutMs)
	}
	reply, err = p.test.Echo(context.Background(), &pb.EchoRequest{})
	if err != nil {
		return err
	}
	if reply.TimeoutMs != 0 {
		return fmt.Errorf("the server saw a deadline, %d ms ahead, where there is none", reply.TimeoutMs)
	}

	// The header alone, sent by a plain HTTP/2 client: only the server can end the call.
	tag := newTag("deadline-server")
	got, err := p.rawEcho(&pb.EchoRequest{Act: &pb.Act{DelayMs: 60_000, Tag: tag}}, "200m")
	if err != nil {
		return err
	}
	if got != "4" {
		return fmt.Errorf("got grpc-status %q from the server, wanted 4", got)
	}
	return p.wantCancelled(tag)
}

// rawEcho makes the call without a gRPC library and returns grpc-status.
func (p *peer) rawEcho(message proto.Message, timeout string) (string, error) {
	encoded, err := proto.Marshal(message)
	if err != nil {
		return "", err
	}
	body := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(encoded)))
	body = append(body, encoded...)

	ctx, cancel := within(soon)
	defer cancel()
	url := "http://" + p.target + pb.TestService_Echo_FullMethodName
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("content-type", "application/grpc")
	request.Header.Set("te", "trailers")
	request.Header.Set("grpc-timeout", timeout)

	transport := &http2.Transport{
		AllowHTTP: true,
		DialTLSContext: func(ctx context.Context, network, address string, _ *tls.Config) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return "", err
	}
	// A response of trailers only carries the status in its one header block.
	if got := response.Header.Get("grpc-status"); got != "" {
		return got, nil
	}
	return response.Trailer.Get("grpc-status"), nil
}

func cancelMidStream(p *peer) error {
	tag := newTag("download")
	ctx, cancel := within(soon)
	defer cancel()
	download, err := p.test.Download(ctx, &pb.DownloadRequest{Count: 1_000_000, Bytes: kib, Act: &pb.Act{Tag: tag}})
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := download.Recv(); err != nil {
			return err
		}
	}
	cancel()
	for err == nil {
		_, err = download.Recv()
	}
	if err := wantStatus(err, codes.Canceled, ""); err != nil {
		return err
	}
	if err := p.wantCancelled(tag); err != nil {
		return err
	}

	tag = newTag("chat")
	ctx, cancel = within(soon)
	defer cancel()
	chat, err := p.test.Chat(ctx)
	if err != nil {
		return err
	}
	if err := chat.Send(chunk(0, 10, &pb.Act{Tag: tag})); err != nil {
		return err
	}
	if _, err := chat.Recv(); err != nil {
		return err
	}
	cancel()
	if err := p.wantCancelled(tag); err != nil {
		return err
	}

	// The connection still serves.
	return p.wantEcho([]byte("on"))
}

func goneMidStream(p *peer) error {
	tag := newTag("gone")
	other, err := connect(p.target)
	if err != nil {
		return err
	}
	defer other.conn.Close()
	ctx, cancel := within(soon)
	defer cancel()
	download, err := other.test.Download(ctx, &pb.DownloadRequest{Count: 1_000_000, Bytes: kib, Act: &pb.Act{Tag: tag}})
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := download.Recv(); err != nil {
			return err
		}
	}
	if err := other.conn.Close(); err != nil {
		return err
	}
	return p.wantCancelled(tag)
}

func earlyAnswer(p *peer) error {
	ctx, cancel := within(soon)
	defer cancel()

	// The request stream is still open when the answer comes, and stays so.
	upload, err := p.test.Upload(ctx)
	if err != nil {
		return err
	}
	for number := range uint32(2) {
		if err := upload.Send(chunk(number, 10, &pb.Act{AnswerAfter: 2})); err != nil {
			return err
		}
	}
	summary := new(pb.UploadSummary)
	if err := upload.RecvMsg(summary); err != nil {
		return err
	}
	if wanted := (&pb.UploadSummary{Count: 2, Bytes: 20, InOrder: true}); !proto.Equal(summary, wanted) {
		return fmt.Errorf("got %v, wanted %v", summary, wanted)
	}

	// The client is in the middle of sending far more than the windows hold.
	upload, err = p.test.Upload(ctx)
	if err != nil {
		return err
	}
	for number := range uint32(2000) {
		err := upload.Send(chunk(number, 64*kib, &pb.Act{AnswerAfter: 2}))
		if errors.Is(err, io.EOF) {
			break // the call is over; its outcome is read below
		}
		if err != nil {
			return err
		}
	}
	summary, err = upload.CloseAndRecv()
	if err != nil {
		return err
	}
	if summary.Count != 2 {
		return fmt.Errorf("got %v, wanted a count of 2", summary)
	}

	chat, err := p.test.Chat(ctx)
	if err != nil {
		return err
	}
	for number := range uint32(2) {
		if err := chat.Send(chunk(number, 10, &pb.Act{AnswerAfter: 2})); err != nil {
			return err
		}
	}
	if err := wantChunks(chat.Recv, 2, 10); err != nil {
		return err
	}

	chat, err = p.test.Chat(ctx)
	if err != nil {
		return err
	}
	if err := chat.Send(chunk(0, 10, &pb.Act{AnswerAfter: 1, Code: 9, Message: text})); err != nil {
		return err
	}
	if _, err := chat.Recv(); err != nil {
		return err
	}
	_, err = chat.Recv()
	if err := wantStatus(err, codes.FailedPrecondition, text); err != nil {
		return err
	}
	return p.wantEcho([]byte("on"))
}

func unimplemented(p *peer) error {
	for _, path := range []string{"/ferrpc.test.v1.TestService/Nothing", "/ferrpc.test.v1.Nobody/Echo"} {
		ctx, cancel := within(soon)
		defer cancel()
		err := p.conn.Invoke(ctx, path, &pb.EchoRequest{}, &pb.EchoResponse{})
		if err := wantStatus(err, codes.Unimplemented, ""); err != nil {
			return err
		}
	}
	return nil
}

func tooLarge(p *peer) error {
	ctx, cancel := within(soon)
	defer cancel()
	_, err := p.test.Echo(ctx, &pb.EchoRequest{Payload: slices.Repeat([]byte{0}, 4*mib+1)})
	if err := wantStatus(err, codes.ResourceExhausted, ""); err != nil {
		return err
	}
	return p.wantEcho([]byte("on"))
}
