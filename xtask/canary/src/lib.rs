//! Nothing: the race is the example `canary`.
