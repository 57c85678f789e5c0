//! Answering `plan`, in a copy of the daemon's process.
use crate::config;
use crate::daemon::engine::EngineHandle;
use crate::daemon::files::config_file;
use crate::daemon::files::source::Source;
use crate::wire::control::SEND;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// The copy ends after this, in seconds, whatever its client does.
pub const LIMIT_S: u32 = 10;

/// Reads the file that is asked about, tries it on the engine, and answers. The client may have
/// closed the connection.
pub fn answer(engine: &mut EngineHandle, source: &Source, mut stream: UnixStream, follows: bool) {
    let (code, body) = match plan_for(engine, source, &mut stream, follows) {
        Ok(body) => (0, body),
        Err(reason) => (1, format!("{reason}\n")),
    };
    let _ = write!(stream, "{code}\n{body}");
}

fn plan_for(
    engine: &mut EngineHandle,
    source: &Source,
    stream: &mut UnixStream,
    follows: bool,
) -> Result<String, String> {
    let text = match follows {
        false => config_file::read(source.path())?,
        true => config_file::Text {
            path: "the file".into(),
            bytes: receive(stream).map_err(|e| e.to_string())?,
            note: String::new(),
        },
    };
    let good = config::read(&text.bytes)
        .map_err(|errors| config_file::listed(&text.path, &text.bytes, &errors))?;
    let mut body = String::new();
    engine.plan_change(&good.config, &mut body);
    Ok(body)
}

fn receive(stream: &mut UnixStream) -> std::io::Result<Vec<u8>> {
    stream.write_all(SEND.as_bytes())?;
    let mut bytes = Vec::new();
    // One byte more than allowed is refused as too large.
    let most = u64::try_from(config::MAX_FILE).unwrap_or(u64::MAX) + 1;
    stream.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
