# Daily recipes; `just` alone lists them. Every one is a plain cargo command, so nobody needs just.

default:
    @just --list --unsorted

# The main job on the sample documents, start to finish
demo:
    cargo run -- demo

# Everything in one process, with the page at http://127.0.0.1:8080
up:
    cargo run --release -- up

# Every test
test *ARGS:
    ./tests/run {{ARGS}}

# The same, with the long runs
full:
    ./tests/run --full

# The tests of one crate: just one parsers
one CRATE *ARGS:
    cargo test -p {{CRATE}} {{ARGS}}

# The rules of the house: arrows, sizes, names
tidy:
    cargo test -q -p tidy

# Format everything
fmt:
    cargo fmt --all

# What the gate asks of the source
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Licences, bans and sources of dependencies
deny:
    cargo deny --log-level error check --hide-inclusion-graph licenses bans sources

# Benchmarks; each prints one JSON object
bench *ARGS:
    cargo bench -p bench {{ARGS}}

# The whole gate, as CI runs it
ci:
    ./.ci/run
