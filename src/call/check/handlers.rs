//! Handlers of the check of the connection: when it begins and ends, and what keeps a page out of the queue.

use crate::{
    call::{
        Call, CheckFinding, Output, Problem, TestedPath,
        state::{CallState, Pause},
    },
    protocol::{Feature, IceServer, ToServer},
};

impl Call {
    /// Starts to gather candidates, beside everything else, unless that was done. A person who starts although the page
    /// has said that this browser cannot connect may try.
    pub(crate) fn start_check(&mut self, out: &mut Vec<Output>) {
        if self.check.cannot_connect() {
            self.check.insist();
        }
        self.check.start(self.now, out);
    }

    /// The check has found something.
    pub(crate) fn on_connection_checked(&mut self, finding: CheckFinding, out: &mut Vec<Output>) {
        if self.check.is_running() {
            self.check.on_finding(finding);
            self.go_on_if_checked(out);
        }
    }

    /// The person wants to know which paths work. That needs the server, also before the start.
    pub(crate) fn check_paths(&mut self, out: &mut Vec<Output>) {
        self.paths.start(self.now);
        self.session.open(self.now, out);
        self.session.retry_now(self.now, out);
    }

    /// Bytes came back over this path.
    pub(crate) fn on_path_works(&mut self, path: TestedPath, out: &mut Vec<Output>) {
        if self.paths.on_works(path) {
            self.end_path_tests(out);
        }
    }

    /// The page stops, and with it the test of the paths.
    pub(crate) fn stop_path_tests(&mut self, out: &mut Vec<Output>) {
        if self.paths.on_stopped() {
            out.push(Output::EndPathTests);
        }
    }

    fn end_path_tests(&mut self, out: &mut Vec<Output>) {
        out.push(Output::EndPathTests);
        if self.state.is_landing() {
            self.session.say_goodbye(self.now, out);
        }
    }

    /// The server has named its STUN and TURN servers for a check.
    pub(crate) fn on_check_servers(&mut self, ice: Vec<IceServer>, out: &mut Vec<Output>) {
        self.paths.on_servers(self.now, &ice, out);
        self.check.on_servers(self.now, ice, out);
    }

    /// Gathers again in a new network.
    pub(crate) fn restart_check(&mut self, out: &mut Vec<Output>) {
        self.check.on_network_changed(self.now, out);
    }

    /// Does what is due.
    pub(crate) fn handle_check_timeout(&mut self, out: &mut Vec<Output>) {
        if self.check.is_running() {
            let is_network_up = self.session.is_open() && !self.page.surroundings.offline;
            self.check.handle_timeout(self.now, is_network_up);
            self.go_on_if_checked(out);
        }
        if self.paths.handle_timeout(self.now) {
            self.end_path_tests(out);
        }
    }

    /// Asks the server for its STUN and TURN servers if that is due and the server knows how.
    pub(crate) fn ask_for_servers(&mut self, out: &mut Vec<Output>) {
        let can_ask = self.session.is_open() && self.session.handshake.has_feature(Feature::Check);
        // One answer serves both.
        if can_ask && (self.check.take_request(self.now) | self.paths.take_request()) {
            self.send(ToServer::Check {}, out);
        }
    }

    /// Whether something keeps this page out of the queue. Then the page stops, or asks whether somebody is there.
    pub(crate) fn is_kept_out(&mut self, out: &mut Vec<Output>) -> bool {
        if self.lacks_age_statement() {
            self.stop(Some(Problem::AgeCheck), out);
            true
        } else if self.check.cannot_connect() {
            self.stop(Some(Problem::CannotConnect), out);
            true
        } else if self.is_absent() {
            self.pause(Pause::Absent, out);
            true
        } else {
            false
        }
    }

    /// Whether the page has to wait for the check before it joins the queue. Starts one if there is none.
    pub(crate) fn waits_for_check(&mut self, out: &mut Vec<Output>) -> bool {
        self.check.start(self.now, out);
        self.check.is_running()
    }

    /// If the check has ended, goes on into the queue if the page waits for that, or stops.
    fn go_on_if_checked(&mut self, out: &mut Vec<Output>) {
        if self.check.is_running() {
            return;
        }
        out.push(Output::EndCheck);
        if self.check.cannot_connect() {
            if !self.state.is_landing() && !self.state.is_matched() {
                self.stop(Some(Problem::CannotConnect), out);
            }
        } else if let CallState::Ready { setback } = self.state {
            self.join(setback, out);
        }
    }
}
