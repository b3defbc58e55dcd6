//! Sums that lose little, as Prometheus adds: Kahan's, with Neumaier's improvement.

/// A running sum.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    pub(super) fn of(first: f64) -> Self {
        Self {
            sum: first,
            lost: 0.0,
        }
    }

    pub(super) fn add(&mut self, more: f64) {
        let sum = self.sum + more;
        if sum.is_infinite() {
            self.lost = 0.0;
        } else if self.sum.abs() >= more.abs() {
            self.lost += (self.sum - sum) + more;
        } else {
            self.lost += (more - sum) + self.sum;
        }
        self.sum = sum;
    }

    pub(super) fn total(self) -> f64 {
        self.sum + self.lost
    }

    /// The mean of so many.
    pub(super) fn mean(self, count: f64) -> f64 {
        self.sum / count + self.lost / count
    }
}
