//! Tests of the whole program, in one binary.

#[cfg(test)]
mod poll;
#[cfg(test)]
mod tidy;
