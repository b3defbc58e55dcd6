//! Files made by the real tools, judged one by one.

mod patch;
