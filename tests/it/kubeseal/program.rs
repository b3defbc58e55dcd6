//! Runs a kubeseal, ours or the real one, in a folder of its own.

use std::{
    fs,
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::vectors::vector;

/// What a run left behind.
#[derive(Debug)]
pub struct Done {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code.
    pub code: i32,
}

/// A program and the folder that it runs in.
pub struct Program {
    binary: PathBuf,
    folder: tempfile::TempDir,
}

impl Program {
    /// Our own.
    pub fn ours() -> Self {
        Self::at(Path::new(env!("CARGO_BIN_EXE_kubeseal")))
    }

    /// Any.
    pub fn at(binary: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["small.crt", "small.key", "previous.key"] {
            fs::write(folder.path().join(name), vector(&format!("keys/{name}"))).unwrap();
        }
        Self {
            binary: binary.to_owned(),
            folder,
        }
    }

    /// The path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into the folder.
    pub fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Reads a file of the folder.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> Done {
        self.run_in(arguments, stdin, &[])
    }

    /// Runs the program in an environment.
    pub fn run_in(
        &self,
        arguments: &[&str],
        stdin: impl AsRef<[u8]>,
        environment: &[(String, String)],
    ) -> Done {
        let mut child = Command::new(&self.binary)
            .arg0("kubeseal")
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let stdin = stdin.as_ref();
        let output = thread::scope(|scope| {
            // A run that stops early does not read all of its input.
            scope.spawn(move || input.write_all(stdin).ok());
            child.wait_with_output().unwrap()
        });
        Done {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Runs the program, which must succeed and say nothing on its standard error.
    pub fn answer(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> String {
        let done = self.run(arguments, stdin);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{arguments:?}");
        done.stdout
    }
}
