//! The API server of a story: embedded in this process, or the story's part of a real control plane.

use axum::Router;
use waxwing::{
    controller::workload::Role,
    sandbox::{Sandbox, SandboxOptions},
};

use super::{
    audit::audited,
    pace::Pace,
    plane::{Company, Plane},
};

/// Ends a story at once where it would run on a real control plane: it is about what only the sandbox has.
macro_rules! sandbox_only {
    () => {
        if crate::story::plane::is_named() {
            return;
        }
    };
}
pub(crate) use sandbox_only;

#[derive(Clone)]
pub enum Server {
    Sandbox(Sandbox),
    Plane(Plane),
}

impl Server {
    /// The real control plane where the variable names one, else a fresh embedded server; with how time passes there.
    pub async fn start(company: Company) -> (Self, Pace) {
        if let Some(plane) = Plane::named(company).await {
            return (Self::Plane(plane), Pace::fast());
        }
        let pace = Pace::stopped();
        let sandbox = Sandbox::new(SandboxOptions {
            clock: pace.clock().clone(),
        });
        (Self::Sandbox(sandbox), pace)
    }

    pub fn is_real(&self) -> bool {
        matches!(self, Self::Plane(_))
    }

    /// The API as a service.
    pub fn service(&self) -> Router {
        match self {
            Self::Sandbox(sandbox) => sandbox.service(),
            Self::Plane(plane) => plane.service(),
        }
    }

    /// The API as a service, for our controllers: with their account where there are accounts.
    pub fn controllers(&self) -> Router {
        match self {
            Self::Sandbox(sandbox) => audited(sandbox.service()),
            Self::Plane(plane) => plane.controllers(),
        }
    }

    /// What our workload code has to play there.
    pub fn role(&self) -> Role {
        match self {
            Self::Sandbox(_) => Role::Cluster,
            Self::Plane(_) => Role::Node,
        }
    }

    /// Registers who answers for a Service, which only the sandbox can do.
    pub fn proxy(&self, namespace: &str, service: &str, router: Router) {
        match self {
            Self::Sandbox(sandbox) => sandbox.proxy(namespace, service, router),
            Self::Plane(_) => panic!("this story is for the sandbox only, and must say so"),
        }
    }
}
