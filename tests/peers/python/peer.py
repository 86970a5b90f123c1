"""The Python side of the peer tests: grpcio as a server of, and as a client to, TestService.

    peer.py server
    peer.py client --target HOST:PORT [--case NAME]... [--list]

`server` prints `listening on 127.0.0.1:PORT` and serves until its standard input ends. `client` runs
the cases (all of them without --case), prints `ok NAME` or `FAIL NAME why` for each, and exits 1 if
one failed. The generated modules must be on PYTHONPATH; `cargo xtask test` puts them there.
"""

import argparse
import sys

import cases
import service


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("server")
    client = commands.add_parser("client")
    client.add_argument("--target")
    client.add_argument("--case", action="append", default=[])
    client.add_argument("--list", action="store_true", help="print the names of the cases")
    arguments = parser.parse_args()

    if arguments.command == "server":
        service.serve()
    elif arguments.list:
        print("\n".join(cases.CASES))
    elif arguments.target is None:
        parser.error("client needs --target")
    else:
        sys.exit(cases.run(arguments.target, arguments.case or list(cases.CASES)))


if __name__ == "__main__":
    main()
