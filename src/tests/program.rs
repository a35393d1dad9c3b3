//! The program as operators start it: its arguments, and which configuration file it reads.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output},
};

/// Stands for the built page.
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/support/site");

/// A folder that is empty at first, and is removed with what the test leaves in it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("passerby-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Runs the program here until it ends.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_passerby"));
        command.args(arguments).current_dir(&self.0).env_clear().env("LEPTOS_SITE_ROOT", SITE);
        command.output().expect("the program")
    }

    /// What the program writes to standard error when it refuses.
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn program_needs_no_configuration_file_unless_one_is_named() {
    let folder = Folder::new("unconfigured");
    let output = folder.run(&["--check-config"]);
    assert!(output.status.success(), "{output:?}");
    let problem = folder.refusal(&["--check-config", "--config", "other.toml"]);
    assert!(problem.contains("cannot start with other.toml"), "{problem}");
    // A file that is there counts, and one that cannot be read is not the same as none.
    fs::write(folder.0.join("Leptos.toml"), "[sever]").unwrap();
    let problem = folder.refusal(&["--check-config"]);
    assert!(problem.contains("cannot start with Leptos.toml") && problem.contains("`sever`"), "{problem}");
    fs::remove_file(folder.0.join("Leptos.toml")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.0.join("Leptos.toml")).unwrap();
    let problem = folder.refusal(&["--check-config"]);
    assert!(problem.contains("cannot start with Leptos.toml"), "{problem}");
}
