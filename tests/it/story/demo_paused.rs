//! The demo waits for Enter before a chapter, and can be told to stop meanwhile.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

/// The demo, told in lines and paused before its first chapter; ended when dropped.
struct Demo {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_waxwing"))
            .args(["demo", "-o", "text", "--pause-at", "1", "--speed", "1"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    fn until(&mut self, part: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "it ended without {part:?}: {seen:?}");
            seen.push(line);
            if seen.last().unwrap().contains(part) {
                return seen;
            }
        }
    }
}

#[test]
fn enter_goes_on() {
    let mut demo = Demo::start();
    let before = demo.until("paused before chapter 1; Enter goes on");
    assert_eq!(
        before.len(),
        2,
        "nothing of the story is told before: {before:?}"
    );
    demo.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    demo.until("1. ");
}

#[test]
fn a_paused_story_can_be_stopped() {
    let mut demo = Demo::start();
    demo.until("paused before chapter 1");
    let pid = demo.child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(killed.success());
    let ended = demo.child.wait().unwrap();
    assert_eq!(ended.code(), Some(2));
}
