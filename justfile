# `just` lists these.
_default:
    @just --list

# Everything a change must pass; the server runs the same.
ci:
    .ci/run

# The tests alone.
test *filter:
    cargo nextest run --workspace {{ filter }}

# Format, and fix what clippy can.
tidy:
    cargo fmt --all
    cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged

# Every benchmark; figures belong in docs/performance.md with the machine they came from.
bench:
    cargo bench --bench decode
    cargo bench --bench store
    cargo bench --bench outbox
    cargo bench --bench crossing
    cargo bench --bench scrape
    cargo bench --bench footprint

# Known vulnerabilities; needs the network to fetch the database.
advisories:
    cargo deny check advisories

# Look at new snapshots, one by one.
snapshots:
    cargo insta review
