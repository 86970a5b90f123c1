"""PyPI's hpack at the other end of a pipe: a command a line, an answer a line, octets in hexadecimal.

new             both sides begin anew
table N         the decoder allows N octets, as SETTINGS_HEADER_TABLE_SIZE does; the encoder is told N
decode BLOCK    → name:value,name:value,…
encode LIST     → the block
"""

import sys

import hpack


def main():
    decoder, encoder = hpack.Decoder(), hpack.Encoder()
    for line in sys.stdin:
        command, _, argument = line.rstrip("\n").partition(" ")
        answer = ""
        if command == "new":
            decoder, encoder = hpack.Decoder(), hpack.Encoder()
        elif command == "table":
            # Either takes effect by the update in the next block.
            decoder.max_allowed_table_size = int(argument)
            encoder.header_table_size = int(argument)
        elif command == "decode":
            fields = decoder.decode(bytes.fromhex(argument), raw=True)
            answer = ",".join(f"{name.hex()}:{value.hex()}" for name, value in fields)
        else:
            fields = [tuple(map(bytes.fromhex, field.split(":"))) for field in argument.split(",")]
            answer = encoder.encode(fields).hex()
        print(answer, flush=True)


main()
