//! Random trees against the judge: runs where `WAXWING_PEER_KUSTOMIZE` names it (tests/peers/kustomize), and
//! makes `WAXWING_PEER_COUNT` trees (2,000 by default) from `WAXWING_PEER_SEED`. What differs is made smaller.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use waxwing::{
    kustomize::{Options, build},
    object::tree::Tree,
};

use super::{
    cases::core,
    trees::{Dice, Layer, files, layers},
};

/// How often the judge may be asked for the error of one tree: with two candidates, one of them stays away for so
/// long in one of 2^31 runs.
const TIMES_ASKED: usize = 32;

/// The judge, a program that answers line by line.
struct Judge {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last_failed: bool,
}

impl Judge {
    fn start(program: &str) -> Self {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("the judge {program} does not start: {error}"));
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
            last_failed: false,
        }
    }

    fn ask(&mut self, files: &BTreeMap<String, String>) -> Value {
        let request = json!({"files": files, "root": "over"});
        writeln!(self.input, "{request}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// How our build differs, if it does.
    fn difference(&mut self, layers: &[Layer]) -> Option<String> {
        let files = files(layers);
        let mut tree = Tree::new();
        for (path, text) in &files {
            tree.insert(&format!("/t/{path}"), text.as_bytes());
        }
        let ours = build(&tree, "/t/over", &Options::default());
        let mut theirs = self.ask(&files);
        self.last_failed = theirs["error"].is_string();
        // The judge visits the referrers in the order of a Go map: of several references that cannot be decided it
        // names another one in each run. Ours must be one of those that it names.
        if let Err(error) = &ours {
            for _ in 1..TIMES_ASKED {
                match theirs["error"].as_str() {
                    Some(text) if !error.to_string().contains(&core(text)) => {
                        theirs = self.ask(&files);
                    }
                    _ => break,
                }
            }
        }
        match (&ours, theirs["error"].as_str()) {
            (Ok(built), None) if built.text() == theirs["out"] => None,
            (Err(error), Some(theirs)) if error.to_string().contains(&core(theirs)) => None,
            (Err(error), Some(theirs)) => Some(format!("theirs: {theirs}\nours: {error}")),
            (Ok(built), Some(theirs)) => Some(format!("theirs: {theirs}\nours: {}", built.text())),
            (Err(error), None) => Some(format!(
                "theirs: {}\nours: {error}",
                theirs["out"].as_str().unwrap()
            )),
            (Ok(built), None) => Some(format!(
                "theirs:\n{}\nours:\n{}",
                theirs["out"].as_str().unwrap(),
                built.text()
            )),
        }
    }

    /// Leaves out what is not needed for the difference.
    fn shrink(&mut self, mut layers: Vec<Layer>) -> Vec<Layer> {
        loop {
            let mut smaller = None;
            'search: for at in 0..layers.len() {
                for chunk in 0..layers[at].chunks.len() {
                    let mut tried = layers.clone();
                    tried[at].chunks.remove(chunk);
                    if self.difference(&tried).is_some() {
                        smaller = Some(tried);
                        break 'search;
                    }
                }
                for document in 0..layers[at].documents.len() {
                    let mut tried = layers.clone();
                    tried[at].documents.remove(document);
                    if self.difference(&tried).is_some() {
                        smaller = Some(tried);
                        break 'search;
                    }
                }
            }
            match smaller {
                Some(found) => layers = found,
                None => return layers,
            }
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn random_trees_are_built_as_the_judge_builds_them() {
    let Ok(program) = env::var("WAXWING_PEER_KUSTOMIZE") else {
        return;
    };
    let number =
        |name: &str, default: u64| env::var(name).map_or(default, |text| text.parse().unwrap());
    let count = number("WAXWING_PEER_COUNT", 2_000);
    let seed = number("WAXWING_PEER_SEED", 1);
    let mut judge = Judge::start(&program);
    let mut wrong = Vec::new();
    let (mut good, mut failing) = (0, 0);
    for index in 0..count {
        let mut dice = Dice::new((seed << 32) + index * 0x9E37_79B9 + 1);
        let tree = layers(&mut dice);
        if judge.difference(&tree).is_none() {
            good += 1;
            failing += usize::from(judge.last_failed);
            continue;
        }
        let small = judge.shrink(tree);
        let difference = judge.difference(&small).unwrap();
        let mut text = format!("tree {index}:\n");
        for (path, content) in files(&small) {
            text.push_str(&format!("== {path}\n{content}"));
        }
        wrong.push(format!("{text}{difference}"));
        if wrong.len() == 20 {
            break;
        }
    }
    assert!(
        wrong.is_empty(),
        "{good} alike of {count} ({failing} of them fail), these differ:\n{}",
        wrong.join("\n--------\n")
    );
    println!("{good} of {count} trees alike, {failing} of them fail");
}
