//! The program as operators start it: its arguments, and which configuration file it reads.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output},
};

use passerby::server::Config;

/// Stands for the built page.
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/support/site");

/// A folder that is empty at first, and is removed with what the test leaves in it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("passerby-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Runs the program here until it ends.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_passerby"));
        command.args(arguments).current_dir(&self.0).env_clear().env("LEPTOS_SITE_ROOT", SITE);
        command.output().expect("the program")
    }

    /// What the program writes to standard error when it refuses.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> String {
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

#[test]
fn init_writes_a_file_that_the_program_finds_and_never_overwrites_one() {
    let folder = Folder::new("init");
    let output = folder.run(&["init"]);
    assert!(output.status.success(), "{output:?}");
    let advice = String::from_utf8(output.stdout).unwrap();
    assert!(advice.contains("Leptos.toml") && advice.ends_with("`passerby`.\n"), "{advice}");
    let path = folder.0.join("Leptos.toml");
    let written = Config::load(Some(&path), []).unwrap();
    assert_eq!(format!("{written:#?}"), format!("{:#?}", Config::default()));
    assert!(folder.run(&["--check-config"]).status.success());

    fs::write(&path, "[sever]").unwrap();
    let problem = folder.refusal(&["init"]);
    assert!(problem.contains("cannot write Leptos.toml"), "{problem}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "[sever]");
    let problem = folder.refusal(&["--check-config"]);
    assert!(problem.contains("`sever`"), "the file is read: {problem}");

    let advice = String::from_utf8(folder.run(&["init", "other.toml"]).stdout).unwrap();
    assert!(advice.contains("`passerby --config other.toml`"), "{advice}");
    assert!(folder.run(&["--check-config", "--config", "other.toml"]).status.success());
}
