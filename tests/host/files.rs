//! What `wifibond check` makes of files of every kind and name: it reads one by a rule, never
//! waits for one, and says what else is there.
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const GOOD: &str =
    r#"{ "country": "BE", "wifi": [ { "ssid": "Hotspot", "passphrase": "correct horse" } ] }"#;
const IMAGER: &str = "config_version = \"1.0\"\n\n[wlan]\nssid = \"Hotspot\"\npassword = \"correct horse\"\npassword_encrypted = false\ncountry = \"BE\"\n";
const WRONG: &str = r#"{ "country": "QQ" }"#;

/// An empty directory of this test, and the path of the file in it.
fn place(name: &str) -> PathBuf {
    let place = std::env::temp_dir().join(format!("wifibond-files-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&place);
    fs::create_dir(&place).expect("a directory");
    place
}

/// The exit code, and all that is said, without the directory's name.
fn check(place: &Path, file: &str) -> (i32, String) {
    let began = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_wifibond"))
        .arg("check")
        .arg(place.join(file))
        .output()
        .expect("the program starts");
    assert!(began.elapsed() < Duration::from_secs(20), "{file}");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).expect("UTF-8");
    let directory = format!("{}/", place.display());
    (
        output.status.code().expect("an exit code"),
        text.replace(&directory, ""),
    )
}

/// A name, how the directory is filled, the exit code, and what is said.
type Case = (&'static str, fn(&Path), i32, &'static str);

fn write(place: &Path, name: &str, text: impl AsRef<[u8]>) {
    fs::write(place.join(name), text).expect("a file");
}

const CASES: &[Case] = &[
    (
        "nothing",
        |_| {},
        1,
        "wifibond: wifibond.json: there is no such file\n",
    ),
    (
        "plain",
        |at| write(at, "wifibond.json", GOOD),
        0,
        "wifibond.json: good\n",
    ),
    (
        "txt",
        |at| write(at, "wifibond.json.txt", GOOD),
        0,
        "wifibond.json.txt: good\n",
    ),
    (
        "of the imager",
        |at| write(at, "rpi-preseed.toml", IMAGER),
        0,
        "rpi-preseed.toml (as wifibond.json): good\n",
    ),
    (
        "of the imager, wrong",
        |at| {
            write(
                at,
                "rpi-preseed.toml",
                IMAGER.replace("correct horse", "short"),
            )
        },
        1,
        "wifibond: rpi-preseed.toml (as wifibond.json):6:19: wifi[0].passphrase: too short: 5 octets; a passphrase has 8 to 63\n      \"passphrase\": \"***\"\n                    ^\n",
    ),
    (
        "of the imager, cut",
        |at| write(at, "rpi-preseed.toml", "[wlan]\nssid = \"Hot"),
        1,
        "wifibond: rpi-preseed.toml: line 2: no \" ends this text\n",
    ),
    (
        "of the imager beside ours",
        |at| {
            write(at, "wifibond.json", GOOD);
            write(at, "rpi-preseed.toml", IMAGER);
        },
        0,
        "wifibond.json: rpi-preseed.toml is there too, and is not read: take one of the two away\nwifibond.json: good\n",
    ),
    (
        "capitals",
        |at| write(at, "WIFIBOND.JSON", GOOD),
        0,
        "WIFIBOND.JSON: good\n",
    ),
    (
        "mixed capitals",
        |at| write(at, "Wifibond.json", GOOD),
        0,
        "Wifibond.json: good\n",
    ),
    (
        "capitals and txt",
        |at| write(at, "Wifibond.json.TXT", GOOD),
        0,
        "Wifibond.json.TXT: good\n",
    ),
    (
        "the exact name comes first",
        |at| {
            write(at, "wifibond.json", GOOD);
            write(at, "WIFIBOND.JSON", WRONG);
            write(at, "wifibond.json.txt", WRONG);
        },
        0,
        "wifibond.json: WIFIBOND.JSON is there too, and is not read: take one of the two away\n\
         wifibond.json: wifibond.json.txt is there too, and is not read: take one of the two away\n\
         wifibond.json: good\n",
    ),
    (
        "then other capitals",
        |at| {
            write(at, "WIFIBOND.JSON", GOOD);
            write(at, "wifibond.json.txt", WRONG);
        },
        0,
        "WIFIBOND.JSON: wifibond.json.txt is there too, and is not read: take one of the two away\n\
         WIFIBOND.JSON: good\n",
    ),
    (
        "of two alike the first of the alphabet",
        |at| {
            write(at, "wifibond.JSON", WRONG);
            write(at, "WIFIBOND.json", GOOD);
        },
        0,
        "WIFIBOND.json: wifibond.JSON is there too, and is not read: take one of the two away\n\
         WIFIBOND.json: good\n",
    ),
    (
        "copies of editors do not count",
        |at| {
            write(at, "wifibond.json", GOOD);
            for name in [
                "wifibond.json~",
                ".wifibond.json.swp",
                "wifibond.json.save",
                "#wifibond.json#",
                "wifibond.json.bak",
                "wifibond (1).json",
                "wifibond.json.txt.txt",
                "wifibond-report.txt",
                "._wifibond.json",
            ] {
                write(at, name, WRONG);
            }
        },
        0,
        "wifibond.json: good\n",
    ),
    (
        "the report is no file",
        |at| write(at, "wifibond-report.txt", "x"),
        1,
        "wifibond: wifibond.json: there is no such file\n",
    ),
    (
        "a name that is nearly right",
        |at| write(at, "wifibond.txt", GOOD),
        1,
        "wifibond: wifibond.json: there is no such file; \"wifibond.txt\" is there: if that is meant, give it this name\n",
    ),
    (
        "the example of a fresh card",
        |at| write(at, "wifibond.json.example", GOOD),
        1,
        "wifibond: wifibond.json: there is no such file; \"wifibond.json.example\" is there: if that is meant, give it this name\n",
    ),
    (
        "a swap file alone",
        |at| write(at, ".wifibond.json.swp", "b0VIM 9.0"),
        1,
        "wifibond: wifibond.json: there is no such file; \".wifibond.json.swp\" is there: if that is meant, give it this name\n",
    ),
    (
        "a directory",
        |at| fs::create_dir(at.join("wifibond.json")).expect("a directory"),
        1,
        "wifibond: wifibond.json: this is a directory: the file has to have this name\n",
    ),
    (
        "a pipe that nobody writes to",
        |at| {
            nix::unistd::mkfifo(&at.join("wifibond.json"), nix::sys::stat::Mode::S_IRWXU)
                .expect("a pipe");
        },
        1,
        "wifibond: wifibond.json: this is no regular file\n",
    ),
    (
        "an endless file",
        |at| symlink("/dev/zero", at.join("wifibond.json")).expect("a link"),
        1,
        "wifibond: wifibond.json: this is no regular file\n",
    ),
    (
        "a link",
        |at| {
            write(at, "mine.json", GOOD);
            symlink("mine.json", at.join("wifibond.json")).expect("a link");
        },
        0,
        "wifibond.json: good\n",
    ),
    (
        "a link to nothing",
        |at| symlink("gone.json", at.join("wifibond.json")).expect("a link"),
        1,
        "wifibond: wifibond.json: a link to a file that is not there\n",
    ),
    (
        "a link to itself",
        |at| symlink("wifibond.json", at.join("wifibond.json")).expect("a link"),
        1,
        "wifibond: wifibond.json: a link that leads in a circle\n",
    ),
    (
        "2 GB",
        |at| {
            let file = fs::File::create(at.join("wifibond.json")).expect("a file");
            file.set_len(2 << 30).expect("a hole");
        },
        1,
        "wifibond: wifibond.json: larger than 64 KiB: this is not a wifibond configuration\n",
    ),
    (
        "empty",
        |at| write(at, "wifibond.json", ""),
        1,
        "wifibond: wifibond.json:1:1: the file is empty; the smallest good file is {} (a cable alone)\n",
    ),
    (
        "as large as may be",
        |at| {
            write(
                at,
                "wifibond.json",
                format!("{GOOD}{}", " ".repeat(64 * 1024 - GOOD.len())),
            )
        },
        0,
        "wifibond.json: good\n",
    ),
];

#[test]
fn files_of_every_kind_and_name() {
    let place = place("kinds");
    for (name, fill, code, said) in CASES {
        let directory = place.join(name.replace(' ', "-"));
        fs::create_dir(&directory).expect("a directory");
        fill(&directory);
        assert_eq!(
            check(&directory, "wifibond.json"),
            (*code, (*said).into()),
            "{name}"
        );
    }
    fs::remove_dir_all(place).expect("removed");
}

#[test]
fn the_shell_s_pipe_is_read() {
    let program = env!("CARGO_BIN_EXE_wifibond");
    let script = format!("echo '{GOOD}' | {program} check /dev/stdin");
    let output = Command::new("sh")
        .args(["-c", &script])
        .output()
        .expect("a shell");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "/dev/stdin: good\n"
    );
}

/// The program says what the library's list has, with all its errors, for each stored file.
#[test]
fn the_program_says_of_each_stored_file_what_stands_beside_it() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut count = 0;
    for folder in ["wrong", "odd"] {
        let folder = stored.join(folder);
        for entry in fs::read_dir(&folder).expect("the files").flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|e| e != "json") {
                continue;
            }
            let expected = fs::read_to_string(path.with_extension("expected")).expect("its words");
            let name = path.file_name().expect("a name").to_str().expect("UTF-8");
            let (code, said) = check(&folder, name);
            let is_good = expected.ends_with(": good\n");
            assert_eq!(code, i32::from(!is_good), "{name}");
            let said = said.strip_prefix("wifibond: ").unwrap_or(&said);
            // Too large to be read at all.
            if name != "003-too-large.json" {
                assert_eq!(said, expected, "{name}");
            }
            count += 1;
        }
    }
    assert!(count >= 250, "only {count} files");
}
