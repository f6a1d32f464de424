//! The languages, and what a project of each consists of.

use super::{Error, FunctionName};
use clap::ValueEnum;
use std::{fmt, path::Path};

/// A language with an SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Python 3.10 or later
    Python,
    /// Go 1.24 or later
    Go,
    /// TypeScript on Deno 2
    Deno,
    /// Rust
    Rust,
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Python => "Python",
            Self::Go => "Go",
            Self::Deno => "TypeScript, on Deno",
            Self::Rust => "Rust",
        })
    }
}

/// A file of a template: its path in the project, and its text.
type Template = (&'static str, &'static str);

macro_rules! templates {
    ($folder:literal: $($path:literal),+) => {
        &[$(($path, include_str!(concat!("templates/", $folder, "/", $path)))),+]
    };
}

impl Language {
    fn templates(self) -> &'static [Template] {
        match self {
            Self::Python => templates!("python": "function.py", "test_function.py", "worker.py", "requirements.txt"),
            Self::Go => templates!("go": "function.go", "function_test.go", "main.go", "go.mod"),
            Self::Deno => templates!("deno": "function.ts", "function_test.ts", "worker.ts", "deno.json"),
            Self::Rust => templates!("rust": "src/function.rs", "src/main.rs", "Cargo.toml"),
        }
    }

    /// The file that shows that there is an SDK in a folder.
    fn manifest(self) -> &'static str {
        match self {
            Self::Python => "python/pyproject.toml",
            Self::Go => "go/go.mod",
            Self::Deno => "deno/deno.json",
            Self::Rust => "rust/Cargo.toml",
        }
    }

    /// Commands that install what the project needs, and test it.
    fn prepare(self) -> &'static str {
        match self {
            Self::Python => {
                "python3 -m venv .venv\n.venv/bin/pip install --quiet -r requirements.txt\n.venv/bin/python -m unittest"
            }
            Self::Go => "go get -t .\ngo test ./...\ngo build -o worker .",
            Self::Deno => "deno test",
            Self::Rust => "cargo test",
        }
    }

    /// The command that serves the function.
    fn serve(self) -> &'static str {
        match self {
            Self::Python => ".venv/bin/python worker.py",
            Self::Go => "./worker",
            Self::Deno => "deno run --allow-net --allow-read --allow-env=ESTEIRA_SERVER worker.ts",
            Self::Rust => "cargo run",
        }
    }
}

/// Where a project gets its SDK from, in the words of its manifest.
#[derive(Debug)]
pub struct Sdk(String);

impl Sdk {
    /// The published one of this version, or that below the folder `sdks`.
    pub fn locate(language: Language, sdks: Option<&Path>) -> Result<Self, Error> {
        let Some(sdks) = sdks else { return Ok(Self(published(language))) };
        let manifest = sdks.join(language.manifest());
        // Absolute, since the project may be moved; and what is no file is no manifest.
        let found = manifest.canonicalize().ok().filter(|path| path.is_file());
        let Some(folder) = found.as_deref().and_then(Path::parent) else { return Err(Error::NoSdk(manifest)) };
        match folder.to_str() {
            Some(folder) => Ok(Self(in_checkout(language, folder))),
            None => Err(Error::NotText(folder.into())),
        }
    }
}

/// All SDKs have the version of this binary.
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn published(language: Language) -> String {
    match language {
        Language::Python => format!("esteira-sdk[worker]=={VERSION}"),
        Language::Rust => format!("version = \"{VERSION}\""),
        Language::Go | Language::Deno => String::new(),
    }
}

fn in_checkout(language: Language, folder: &str) -> String {
    // A JSON string is one of TOML and Go, too.
    let quoted = serde_json::Value::from(folder);
    match language {
        Language::Python => format!("esteira-sdk[worker] @ file://{}", url_path(folder)),
        Language::Go => format!("\nreplace github.com/esteira/esteira/sdk/go => {quoted}\n"),
        Language::Deno => format!(",\n  \"links\": [{quoted}]"),
        Language::Rust => format!("path = {quoted}"),
    }
}

fn url_path(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The files of a project: their paths in it, and their texts.
pub fn files(language: Language, name: &FunctionName, sdk: &Sdk) -> Vec<(&'static str, String)> {
    let name = name.as_str();
    // A name of its own in every language: no keyword, no folder of a build, no dot.
    let package = format!("{}-worker", name.replace('.', "-"));
    let values = [
        ("{{name}}", name),
        ("{{package}}", &package),
        ("{{version}}", VERSION),
        ("{{language}}", &language.to_string()),
        ("{{prepare}}", language.prepare()),
        ("{{serve}}", language.serve()),
        // Last: the only one that may have braces in it.
        ("{{sdk}}", &sdk.0),
    ];
    let common: &[Template] =
        &[("README.md", include_str!("templates/README.md")), ("plan.yaml", include_str!("templates/plan.yaml"))];
    let fill = |text: &str| values.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value));
    let filled = |&(path, text): &Template| (path, fill(text).trim_end().to_owned() + "\n");
    common.iter().chain(language.templates()).map(filled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(language: Language, sdk: &Sdk, path: &str) -> String {
        let name = "order.total".parse().expect("a name");
        let found = files(language, &name, sdk).into_iter().find(|(at, _)| *at == path);
        found.unwrap_or_else(|| panic!("{language} has no {path}")).1
    }

    #[test]
    fn every_place_is_filled() {
        for &language in Language::value_variants() {
            let sdk = Sdk::locate(language, None).expect("the published one is no folder");
            for (path, text) in files(language, &"order.total".parse().expect("a name"), &sdk) {
                assert!(!text.contains("{{") && !text.contains("}}"), "{path}: {text}");
                assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path}: {text:?}");
            }
        }
    }

    #[test]
    fn the_published_sdk_is_the_default() {
        let manifest = |language, path| file(language, &Sdk(published(language)), path);
        assert_eq!(manifest(Language::Python, "requirements.txt"), format!("esteira-sdk[worker]=={VERSION}\n"));
        let go = format!("require github.com/esteira/esteira/sdk/go v{VERSION}\n");
        assert!(manifest(Language::Go, "go.mod").ends_with(&go));
        assert!(manifest(Language::Deno, "deno.json").contains(&format!("\"jsr:@esteira/sdk@{VERSION}\" }}\n}}\n")));
        let rust = format!("esteira-sdk = {{ version = \"{VERSION}\", default-features = false");
        assert!(manifest(Language::Rust, "Cargo.toml").contains(&rust));
    }

    #[test]
    fn every_sdk_has_the_version_of_this_binary() {
        let python = include_str!("../../../../sdk/python/src/esteira/version.py");
        assert!(python.contains(&format!("VERSION = \"{VERSION}\"")), "{python}");
        let deno: serde_json::Value =
            serde_json::from_str(include_str!("../../../../sdk/deno/deno.json")).expect("it is JSON");
        assert_eq!(deno["version"], VERSION);
    }

    #[test]
    fn a_path_is_quoted_as_each_manifest_quotes() {
        let folder = "/a b/\"c\"/%/{{name}}";
        for (language, path, expected) in [
            (Language::Python, "requirements.txt", r"file:///a%20b/%22c%22/%25/%7B%7Bname%7D%7D"),
            (Language::Go, "go.mod", r#"sdk/go => "/a b/\"c\"/%/{{name}}""#),
            (Language::Deno, "deno.json", r#""links": ["/a b/\"c\"/%/{{name}}"]"#),
            (Language::Rust, "Cargo.toml", r#"{ path = "/a b/\"c\"/%/{{name}}", "#),
        ] {
            let text = file(language, &Sdk(in_checkout(language, folder)), path);
            assert!(text.contains(expected), "{text}");
        }
    }
}
