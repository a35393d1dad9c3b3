//! [`Workers`]: threads for what takes long or comes in floods: pages, TLS handshakes and the relay.
//!
//! The driver and all sockets share one thread, so that no message waits for a switch between threads. Work that would
//! keep that thread busy goes here.

use std::{future::pending, panic::resume_unwind};

use axum::{
    body::{self, Body},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::{runtime::Handle, task::JoinSet};
use tokio_util::task::AbortOnDropHandle;

/// A runtime with several threads.
#[derive(Clone, Debug)]
pub(crate) struct Workers(Handle);

impl Workers {
    /// The threads of this runtime.
    pub(crate) const fn of(runtime: Handle) -> Self {
        Self(runtime)
    }

    /// Runs a task, and returns what it returns or panics as it does. It ends with the returned future.
    pub(crate) async fn run<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> T {
        match AbortOnDropHandle::new(self.0.spawn(task)).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The process ends.
                Err(_) => pending().await,
            },
        }
    }

    /// Runs a task as one of these.
    pub(crate) fn spawn(&self, tasks: &mut JoinSet<()>, task: impl Future<Output = ()> + Send + 'static) {
        tasks.spawn_on(task, &self.0);
    }
}

/// Makes a page with its whole body on other threads than that of the sockets: it takes a millisecond or two.
pub(crate) async fn make_page(State(workers): State<Workers>, request: Request, next: Next) -> Response {
    let made = workers.run(async move {
        let (head, body) = next.run(request).await.into_parts();
        body::to_bytes(body, usize::MAX).await.map(|it| Response::from_parts(head, Body::from(it)))
    });
    // A page is in memory, so that reading its body does not fail.
    made.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn a_task_runs_on_another_thread_and_its_panic_is_passed_on() {
        fn fail() -> u8 {
            panic!("on purpose")
        }
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let workers = Workers::of(runtime.handle().clone());
        let main = Builder::new_current_thread().build().unwrap();
        let id = main.block_on(workers.run(async { thread::current().id() }));
        assert_ne!(id, thread::current().id());
        let failed = main.block_on(async {
            let workers = workers.clone();
            tokio::spawn(async move { workers.run(async { fail() }).await }).await
        });
        assert!(failed.unwrap_err().is_panic());
    }
}
