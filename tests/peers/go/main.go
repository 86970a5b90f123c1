// The Go side of the peer tests: grpc-go as a server of, and as a client to, TestService.
//
//	peer server
//	peer client --target HOST:PORT [--case NAME]... [--list]
//
// server prints `listening on 127.0.0.1:PORT` and serves until its standard input ends. client runs
// the cases (all of them without --case), prints `ok NAME` or `FAIL NAME why` for each, and exits 1 if
// one failed. `cargo xtask test` generates the packages under gen/ and builds the program.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	switch os.Args[1] {
	case "server":
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	case "client":
		os.Exit(client(os.Args[2:]))
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: peer server | peer client --target HOST:PORT [--case NAME]... [--list]")
	os.Exit(2)
}

func client(arguments []string) int {
	flags := flag.NewFlagSet("client", flag.ExitOnError)
	target := flags.String("target", "", "HOST:PORT of the server")
	list := flags.Bool("list", false, "print the names of the cases")
	var names []string
	flags.Func("case", "run this case; may be given several times", func(name string) error {
		names = append(names, name)
		return nil
	})
	_ = flags.Parse(arguments) // exits by itself

	if *list {
		for _, c := range allCases {
			fmt.Println(c.name)
		}
		return 0
	}
	if *target == "" {
		usage()
	}
	if len(names) == 0 {
		for _, c := range allCases {
			names = append(names, c.name)
		}
	}

	failed := 0
	peer, err := connect(*target)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	defer peer.conn.Close()
	for _, name := range names {
		if err := runCase(peer, name); err != nil {
			failed = 1
			fmt.Printf("FAIL %s %s\n", name, strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("ok", name)
	}
	return failed
}

func runCase(peer *peer, name string) error {
	for _, c := range allCases {
		if c.name == name {
			return c.run(peer)
		}
	}
	return fmt.Errorf("there is no such case; see --list")
}
