//! The acceptance timetable, on a world of three lines.
