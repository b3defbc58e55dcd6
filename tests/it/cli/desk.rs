//! A folder with the keys of the tests, and `waxwing` run in it.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;
use waxwing::object::yaml;

use crate::vectors::vector;

/// What a run left behind.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A folder of its own.
pub struct Desk {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["small.crt", "small.key", "primary.crt", "primary.key"] {
            fs::write(folder.path().join(name), vector(&format!("keys/{name}"))).unwrap();
        }
        Self {
            folder,
            env: Vec::new(),
        }
    }

    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn run(&self, words: &[&str], input: impl AsRef<[u8]>) -> Done {
        let mut child = Command::new(env!("CARGO_BIN_EXE_waxwing"))
            .args(words)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(self.env.iter().cloned())
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.as_ref();
        let output = thread::scope(|scope| {
            // A run that stops early does not read all of its input.
            scope.spawn(move || stdin.write_all(input).ok());
            child.wait_with_output().unwrap()
        });
        Done {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs, which must succeed; gives the standard output.
    pub fn said(&self, words: &[&str], input: impl AsRef<[u8]>) -> String {
        let done = self.run(words, input);
        assert_eq!(done.code, 0, "{words:?}: {}", done.err);
        done.out
    }

    /// Runs, which must fail with a code and say something.
    pub fn refused(
        &self,
        words: &[&str],
        input: impl AsRef<[u8]>,
        code: i32,
        wanted: &str,
    ) -> Done {
        let done = self.run(words, input);
        assert_eq!(done.code, code, "{words:?}: {} {}", done.out, done.err);
        let all = format!("{}{}", done.out, done.err);
        assert!(all.contains(wanted), "{words:?}: {wanted:?} in {all}");
        done
    }

    /// Opens a sealed file with the small key: the items of each Secret, as text.
    pub fn opened(&self, file: &str) -> Vec<Value> {
        let secrets = self.said(&["unseal", file, "--key", "small.key"], "");
        let documents = yaml::read(secrets.as_bytes(), &yaml::ReadOptions::default()).unwrap();
        documents.into_iter().map(|one| one.value).collect()
    }

    /// One item of a sealed file.
    pub fn item(&self, file: &str, key: &str) -> String {
        self.said(&["unseal", file, "--key", "small.key", "--item", key], "")
    }
}
