//! A small evaluator of PromQL for the embedded cluster.
