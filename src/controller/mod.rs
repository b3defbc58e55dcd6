//! The loops: each observes, lets its domain decide, and applies the plan.
