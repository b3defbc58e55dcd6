//! The tree of a Rollout: revisions, ReplicaSets, pods, analysis; mirrors `cmd/get/get_rollout.go`.

use jiff::Timestamp;

use super::{
    member::ReplicaSetView,
    render::{Cell, Paint, table},
    run_view::{ExperimentView, RunView},
    view::{Meta, View},
};
use crate::sandbox::table::human_duration;

/// The rows of the tree under their header, as one text without a last line feed.
pub fn tree(view: &View, paint: Paint, now: Timestamp) -> String {
    let mut tree = Tree {
        rows: vec![
            ["NAME", "KIND", "STATUS", "AGE", "INFO"]
                .map(Cell::plain)
                .to_vec(),
        ],
        paint,
        now,
    };
    let name = Cell::plain(format!("⟳ {}", view.object_meta.name));
    tree.row(
        name,
        "Rollout",
        (view.icon, &view.status),
        &view.object_meta,
        Cell::default(),
    );
    let revisions = view.revisions();
    for (index, revision) in revisions.iter().enumerate() {
        tree.revision(view, *revision, &Branch::of(index, revisions.len(), ""));
    }
    table(&tree.rows)
}

/// What stands before an element, and before those under it.
struct Branch {
    own: String,
    below: String,
}

impl Branch {
    fn of(index: usize, count: usize, above: &str) -> Self {
        let (own, below) = if index + 1 == count {
            ("└──", "   ")
        } else {
            ("├──", "│  ")
        };
        Self {
            own: format!("{above}{own}"),
            below: format!("{above}{below}"),
        }
    }
}

struct Tree {
    rows: Vec<Vec<Cell>>,
    paint: Paint,
    now: Timestamp,
}

impl Tree {
    fn row(&mut self, name: Cell, kind: &str, status: (&str, &str), meta: &Meta, info: Cell) {
        let (icon, status) = status;
        let state = self.paint.known(icon).then(format!(" {status}"));
        self.rows.push(vec![
            name,
            Cell::plain(kind),
            state,
            Cell::plain(age(meta, self.now)),
            info,
        ]);
    }

    fn revision(&mut self, view: &View, revision: i64, branch: &Branch) {
        let name = Cell::plain(format!("{}# revision:{revision}", branch.own));
        self.rows.push(vec![
            name,
            Cell::default(),
            Cell::plain(" "),
            Cell::default(),
            Cell::default(),
        ]);
        let sets: Vec<_> = view
            .replica_sets
            .iter()
            .filter(|set| set.revision == revision)
            .collect();
        let experiments: Vec<_> = view
            .experiments
            .iter()
            .filter(|one| one.revision == revision)
            .collect();
        let runs: Vec<_> = view
            .analysis_runs
            .iter()
            .filter(|run| run.revision == revision)
            .collect();
        let count = sets.len() + experiments.len() + runs.len();
        let mut branches = (0..count).map(|index| Branch::of(index, count, &branch.below));
        for (set, branch) in sets.iter().zip(branches.by_ref()) {
            self.replica_set(set, &branch);
        }
        for (experiment, branch) in experiments.iter().zip(branches.by_ref()) {
            self.experiment(experiment, &branch);
        }
        for (run, branch) in runs.iter().zip(branches) {
            self.run(run, &branch);
        }
    }

    fn replica_set(&mut self, set: &ReplicaSetView, branch: &Branch) {
        let marks = [
            (set.stable, "stable"),
            (set.canary, "canary"),
            (set.active && !set.canary, "active"),
            (set.preview && !set.canary && !set.active, "preview"),
            (set.ping, "ping"),
            (set.pong, "pong"),
        ];
        let held: Vec<&str> = marks
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, mark)| *mark)
            .collect();
        let mut info: Vec<Cell> = held.iter().map(|mark| self.paint.known(mark)).collect();
        if let Some(delay) = delay(&set.scale_down_deadline, self.now) {
            info.push(Cell::plain(format!("delay:{delay}")));
        }
        let versions = set.secret_versions.iter();
        info.extend(versions.map(|one| Cell::plain(format!("{}:v{}", one.secret, one.version))));
        let before = Cell::plain(format!("{}⧉ ", branch.own));
        let name = held
            .iter()
            .fold(self.paint.none(&set.object_meta.name), |name, mark| {
                self.paint.over(name, mark)
            });
        let status = (set.icon, set.status.as_str());
        self.row(
            before.and(name),
            "ReplicaSet",
            status,
            &set.object_meta,
            Cell::joined(info),
        );
        for (index, pod) in set.pods.iter().enumerate() {
            let branch = Branch::of(index, set.pods.len(), &branch.below);
            let mut info = format!("ready:{}", pod.ready);
            if pod.restarts > 0 {
                info.push_str(&format!(",restarts:{}", pod.restarts));
            }
            let name = Cell::plain(format!("{}□ {}", branch.own, pod.object_meta.name));
            let status = (pod.icon, pod.status.as_str());
            self.row(name, "Pod", status, &pod.object_meta, Cell::plain(info));
        }
    }

    fn experiment(&mut self, experiment: &ExperimentView, branch: &Branch) {
        let name = self
            .paint
            .by(&experiment.object_meta.name, &experiment.status);
        let name = Cell::plain(format!("{}Σ ", branch.own)).and(name);
        let status = (experiment.icon, experiment.status.as_str());
        self.row(
            name,
            "Experiment",
            status,
            &experiment.object_meta,
            Cell::default(),
        );
        let (sets, runs) = (&experiment.replica_sets, &experiment.analysis_runs);
        let count = sets.len() + runs.len();
        let mut branches = (0..count).map(|index| Branch::of(index, count, &branch.below));
        for (set, branch) in sets.iter().zip(branches.by_ref()) {
            self.replica_set(set, &branch);
        }
        for (run, branch) in runs.iter().zip(branches) {
            self.run(run, &branch);
        }
    }

    fn run(&mut self, run: &RunView, branch: &Branch) {
        let counts = [
            ("✔", run.successful),
            ("✖", run.failed),
            ("?", run.inconclusive),
            ("⚠", run.error),
        ];
        let counted = counts.iter().filter(|(_, count)| *count > 0);
        let mut info: Vec<Cell> = counted
            .map(|(icon, count)| self.paint.known(icon).then(format!(" {count}")))
            .collect();
        let silent = run.without_data.iter();
        info.extend(silent.map(|metric| Cell::plain(format!("no-data:{metric}"))));
        let name = self.paint.by(&run.object_meta.name, &run.status);
        let name = Cell::plain(format!("{}α ", branch.own)).and(name);
        let status = (run.icon, run.status.as_str());
        self.row(
            name,
            "AnalysisRun",
            status,
            &run.object_meta,
            Cell::joined(info),
        );
        for (index, job) in run.jobs.iter().enumerate() {
            let branch = Branch::of(index, run.jobs.len(), &branch.below);
            let name = self.paint.by(&job.object_meta.name, &job.status);
            let name = Cell::plain(format!("{}⊞ ", branch.own)).and(name);
            self.row(
                name,
                "Job",
                (job.icon, &job.status),
                &job.object_meta,
                Cell::default(),
            );
        }
    }
}

fn age(meta: &Meta, now: Timestamp) -> String {
    match meta.creation_timestamp.parse::<Timestamp>() {
        Ok(created) => human_duration(now.as_millisecond() - created.as_millisecond()),
        // Go measures from its zero time, which saturates at the longest duration.
        Err(_) => "292y".to_owned(),
    }
}

/// How long until a ReplicaSet is scaled down: `None` where it is not to be.
fn delay(deadline: &str, now: Timestamp) -> Option<String> {
    if deadline.is_empty() {
        return None;
    }
    let Ok(deadline) = deadline.parse::<Timestamp>() else {
        return Some(String::new());
    };
    Some(if deadline < now {
        "passed".to_owned()
    } else {
        human_duration(deadline.as_millisecond() - now.as_millisecond())
    })
}
