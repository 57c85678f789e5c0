//! What is wrong with a file, in plain words: for a terminal, and in `wifibond-report.txt` for
//! someone who put the card into a Windows computer.
use super::decode::decode;
use super::error::ConfigErrors;
use super::excerpt::{Excerpt, excerpts};
use core::fmt::{self, Write};

/// Which configuration is in force while the file is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InForce {
    /// The last file that worked.
    LastGood,
    /// No file has ever worked: DHCP on every cable.
    BuiltIn,
}

/// Writes the report on `bytes`, the content of `file`, in which `errors` were found. Lines end
/// with CR LF for old editors. Fails where `out` does.
pub fn report(
    out: &mut dyn Write,
    file: &str,
    bytes: &[u8],
    errors: &ConfigErrors,
    in_force: InForce,
) -> fmt::Result {
    let out = &mut Crlf { out };
    writeln!(out, "wifibond cannot use {file}.")?;
    let lines = lines(bytes, errors);
    for (n, error) in errors.iter().enumerate() {
        write!(out, "\nLine {}, column {}", error.line, error.column)?;
        if !error.path.is_empty() {
            write!(out, ", in {}", error.path)?;
        }
        write!(out, ":\n  {}\n", error.what)?;
        if !error.cure.is_empty() {
            write!(out, "What would be right:\n  {}\n", error.cure)?;
        }
        if let Some(line) = lines.get(n).filter(|line| is_shown(line)) {
            out.write_str(match n {
                0 => "The place (stars hide what nobody else should read):\n",
                _ => "The place:\n",
            })?;
            mark(out, line)?;
        }
    }
    if errors.more > 0 {
        write!(out, "\nAnd {} more.\n", errors.more)?;
    }
    let in_force = match in_force {
        InForce::LastGood => "The box goes on with the last file that worked.",
        InForce::BuiltIn => {
            "No file has worked yet: until one does, the box asks for an address\n\
             on every cable (DHCP) and does nothing else."
        }
    };
    write!(
        out,
        "\n{in_force}\nThis report goes away with the next good file.\n"
    )
}

/// Writes the errors in `bytes`, the content of `file`, each in a line as compilers have it, with
/// the line of the file and a mark below. Fails where `out` does.
pub fn list(out: &mut dyn Write, file: &str, bytes: &[u8], errors: &ConfigErrors) -> fmt::Result {
    let lines = lines(bytes, errors);
    for (n, error) in errors.iter().enumerate() {
        writeln!(out, "{file}:{error}")?;
        if let Some(line) = lines.get(n).filter(|line| is_shown(line)) {
            mark(out, line)?;
        }
    }
    match errors.more {
        0 => Ok(()),
        more => writeln!(out, "and {more} more"),
    }
}

fn is_shown(line: &Excerpt) -> bool {
    line.text.bytes().any(|c| c != b' ')
}

/// The line and, below, where the place is.
fn mark(out: &mut dyn Write, line: &Excerpt) -> fmt::Result {
    writeln!(out, "  {}\n  {:width$}^", line.text, "", width = line.caret)
}

/// The line of each error; none where the file is no text.
fn lines(bytes: &[u8], errors: &ConfigErrors) -> Vec<Excerpt> {
    let places: Vec<usize> = errors.iter().map(|error| error.offset).collect();
    decode(bytes).map_or(Vec::new(), |text| excerpts(&text, &places))
}

/// Turns LF into CR LF.
struct Crlf<'o> {
    out: &'o mut dyn Write,
}

impl Write for Crlf<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                self.out.write_str("\r\n")?;
            }
            self.out.write_str(line)?;
        }
        Ok(())
    }
}
