//! Deciding what a sync does, case by case.

mod cases;
