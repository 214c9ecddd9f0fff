"""Keep and serve large files as the chunks that `hf_xet` cuts them into.

    hashes   what a chunk, a xorb and a file are called
    chunks   read what a client packed into a xorb
    shards   read and write what describes xorbs and files
    store    keep all of it; nothing in it is unproven
    routes   the endpoints that the client calls

A xorb is a sequence of compressed chunks, up to 64 MiB; a recipe says which chunks of which xorbs make up a
file; a shard carries recipes to the server. The formats are specified at https://huggingface.co/docs/xet.
"""
