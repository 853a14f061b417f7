//! What a walk found.

use std::fmt;

/// The outcome of a walk.
#[derive(Debug, Clone, Default)]
pub struct WalkReport {
    faults: Vec<WalkFault>,
    notes: Vec<String>,
    calls: usize,
}

/// A difference between an operation and its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkFault {
    operation: String,
    text: String,
    attempts: Vec<String>,
}

impl WalkReport {
    /// What is wrong, in the order of the document.
    pub fn faults(&self) -> &[WalkFault] {
        &self.faults
    }

    /// What the walk could not prove, and what would help.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How many requests were sent.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// Asserts that there is no fault.
    ///
    /// # Panics
    ///
    /// With all faults, one per line, if there are any.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.faults.is_empty(), "{self}");
    }

    /// Adds a fault, or another attempt to a fault that is known.
    pub(super) fn add(&mut self, operation: &str, attempt: &str, text: String) {
        let known = (self.faults.iter_mut())
            .find(|fault| fault.operation == operation && fault.text == text);
        match known {
            Some(fault) => fault.attempts.push(attempt.to_owned()),
            None => self.faults.push(WalkFault {
                operation: operation.to_owned(),
                text,
                attempts: vec![attempt.to_owned()],
            }),
        }
    }

    pub(super) fn add_of_document(&mut self, operation: &str, text: String) {
        self.faults.push(WalkFault {
            operation: operation.to_owned(),
            text,
            attempts: Vec::new(),
        });
    }

    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(super) fn count_call(&mut self) {
        self.calls += 1;
    }

    /// Replaces all faults by one, which every call would repeat.
    pub(super) fn replace_all(&mut self, text: &str) {
        self.faults.clear();
        self.notes.clear();
        self.add_of_document("the document", text.to_owned());
    }
}

impl WalkFault {
    /// The operation's id, or its method and path if it has none.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// What the operation answered, and what the document describes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The credentials that showed it; empty if the document alone is wrong.
    pub fn attempts(&self) -> &[String] {
        &self.attempts
    }
}

impl fmt::Display for WalkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.text)?;
        if !self.attempts.is_empty() {
            write!(f, " [{}]", self.attempts.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for WalkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} calls, {} faults", self.calls, self.faults.len())?;
        for fault in &self.faults {
            writeln!(f, "  {fault}")?;
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        Ok(())
    }
}
