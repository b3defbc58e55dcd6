//! The contract, point by point, on plain values.

mod crash;
mod points_01_to_03;
mod points_05_to_08;
mod points_09_and_13;
mod points_11_to_12;
