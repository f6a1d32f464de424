//! `crate-graph`: who may use whom. The table of the architecture, over what `cargo metadata` resolves.
//!
//! Our crates: direct dependencies must stand in the row. Third parties: what a row forbids must not be reachable at
//! all, however many crates lie between. Only normal dependencies count; tests and build scripts may use more.

use super::finding::Finding;
use super::tree::Tree;
use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

const RULE: &str = "crate-graph";

/// Third parties that a crate may reach.
enum Reach {
    /// None at all.
    Nothing,
    /// These, as direct dependencies, with whatever lies behind them.
    Only(&'static [&'static str]),
    /// All but these. A name stands for its family too: `sqlx` for `sqlx-core`.
    AllBut(&'static [&'static str]),
}

struct Row {
    name: &'static str,
    /// Our crates that it may use.
    ours: &'static [&'static str],
    third_parties: Reach,
}

const EDGE: &[&str] = &["tonic", "prost", "axum"];
const DATABASES: &[&str] = &["sqlx", "rusqlite", "libsqlite3-sys"];
const IO: &[&str] = &["tonic", "prost", "axum", "sqlx", "rusqlite", "libsqlite3-sys", "lapin", "tokio"];

/// One row a crate; a crate without a row is a finding.
const ROWS: &[Row] = &[
    Row { name: "esteira-model", ours: &[], third_parties: Reach::Nothing },
    Row { name: "esteira-engine", ours: &["esteira-model"], third_parties: Reach::Nothing },
    Row {
        name: "esteira-contract",
        ours: &[],
        third_parties: Reach::Only(&["bytes", "prost", "prost-types", "tonic", "tonic-prost"]),
    },
    Row { name: "esteira-expr", ours: &["esteira-engine", "esteira-model"], third_parties: Reach::AllBut(IO) },
    Row {
        name: "esteira-definition",
        ours: &["esteira-engine", "esteira-expr", "esteira-model"],
        third_parties: Reach::AllBut(IO),
    },
    Row { name: "esteira-ledger", ours: &["esteira-model"], third_parties: Reach::AllBut(IO) },
    Row { name: "esteira-lastresort", ours: &["esteira-model"], third_parties: Reach::AllBut(IO) },
    Row {
        name: "esteira-store",
        ours: &["esteira-model"],
        third_parties: Reach::AllBut(&["tonic", "prost", "axum", "sqlx", "rusqlite", "libsqlite3-sys", "lapin"]),
    },
    Row {
        name: "esteira-store-sql",
        ours: &["esteira-model", "esteira-store"],
        third_parties: Reach::AllBut(&["tonic", "prost", "axum", "lapin"]),
    },
    Row {
        name: "esteira-coordinator",
        ours: &[
            "esteira-definition",
            "esteira-engine",
            "esteira-expr",
            "esteira-lastresort",
            "esteira-ledger",
            "esteira-model",
            "esteira-store",
        ],
        third_parties: Reach::AllBut(&["tonic", "prost", "axum", "sqlx", "rusqlite", "libsqlite3-sys", "lapin"]),
    },
    Row {
        name: "esteira-grpc",
        // Issues of plans, the strict JSON check and the reader's rows are values that the edge turns into messages.
        ours: &[
            "esteira-contract",
            "esteira-coordinator",
            "esteira-engine",
            "esteira-expr",
            "esteira-model",
            "esteira-store",
        ],
        third_parties: Reach::AllBut(&["sqlx", "rusqlite", "libsqlite3-sys", "lapin"]),
    },
    Row { name: "esteira-relay", ours: &["esteira-model", "esteira-store"], third_parties: Reach::AllBut(EDGE) },
    Row {
        name: "esteira-server",
        ours: &[
            "esteira-contract",
            "esteira-coordinator",
            "esteira-definition",
            "esteira-engine",
            "esteira-expr",
            "esteira-functions",
            "esteira-grpc",
            "esteira-lastresort",
            "esteira-ledger",
            "esteira-model",
            "esteira-relay",
            "esteira-sdk",
            "esteira-store",
            "esteira-store-sql",
        ],
        third_parties: Reach::AllBut(&[]),
    },
    Row {
        name: "esteira-sdk",
        ours: &["esteira-contract", "esteira-engine", "esteira-expr", "esteira-model"],
        third_parties: Reach::AllBut(DATABASES),
    },
    Row {
        name: "esteira-functions",
        ours: &["esteira-engine", "esteira-expr", "esteira-model", "esteira-sdk"],
        third_parties: Reach::AllBut(&["lapin"]),
    },
    Row {
        name: "esteira-demo",
        ours: &["esteira-contract", "esteira-definition", "esteira-functions", "esteira-model", "esteira-sdk"],
        third_parties: Reach::AllBut(&["lapin"]),
    },
    Row { name: "esteira-xtask", ours: &[], third_parties: Reach::Only(&["cargo_metadata", "plotters", "serde_json"]) },
];

/// Crates that exist for tests may use all of ours; what lies under `tests/` is such a crate too.
const TEST_CRATES: &[&str] = &["esteira-testkit"];

/// One package with its normal dependencies.
#[derive(Debug, Default)]
struct Package {
    name: String,
    /// The manifest's path from the root; empty for a third party.
    manifest: String,
    /// Keys of other packages.
    dependencies: BTreeSet<String>,
}

/// What `cargo metadata` resolves, by package id.
#[derive(Debug, Default)]
pub struct Graph {
    packages: BTreeMap<String, Package>,
}

impl Graph {
    /// Asks Cargo, with every feature of our crates on.
    pub fn load(root: &Path) -> Result<Self, String> {
        let metadata = MetadataCommand::new()
            .current_dir(root)
            .features(CargoOpt::AllFeatures)
            .exec()
            .map_err(|error| format!("cargo metadata: {error}"))?;
        let resolve = metadata.resolve.as_ref().ok_or("cargo metadata answered without a dependency graph")?;
        let mut packages: BTreeMap<String, Package> = BTreeMap::new();
        for package in &metadata.packages {
            let ours = metadata.workspace_members.contains(&package.id);
            let manifest =
                package.manifest_path.strip_prefix(&metadata.workspace_root).unwrap_or(&package.manifest_path);
            let manifest = if ours { manifest.as_str().replace('\\', "/") } else { String::new() };
            let package_of_graph = Package { name: package.name.to_string(), manifest, dependencies: BTreeSet::new() };
            packages.insert(package.id.repr.clone(), package_of_graph);
        }
        for node in &resolve.nodes {
            let is_normal =
                |dep: &&cargo_metadata::NodeDep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            let dependencies = node.deps.iter().filter(is_normal).map(|dep| dep.pkg.repr.clone()).collect();
            if let Some(package) = packages.get_mut(&node.id.repr) {
                package.dependencies = dependencies;
            }
        }
        Ok(Self { packages })
    }

    fn ours(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.packages
            .iter()
            .filter(|(_, package)| !package.manifest.is_empty())
            .map(|(id, package)| (id.as_str(), package))
    }

    /// The direct dependencies.
    fn direct<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Package> {
        package.dependencies.iter().filter_map(|id| self.packages.get(id))
    }

    /// The shortest way to each third party that can be reached, as names joined with ` -> `.
    fn reachable(&self, from: &str) -> BTreeMap<&str, String> {
        let mut ways: BTreeMap<&str, String> = BTreeMap::new();
        let mut waiting: VecDeque<(&str, String)> = VecDeque::from([(from, String::new())]);
        while let Some((id, way)) = waiting.pop_front() {
            let Some(package) = self.packages.get(id) else { continue };
            let way = if way.is_empty() { package.name.clone() } else { format!("{way} -> {}", package.name) };
            for next in package.dependencies.iter().filter(|next| *next != from) {
                if !ways.contains_key(next.as_str()) {
                    let name = self.packages.get(next).map_or("", |package| package.name.as_str());
                    ways.insert(next, format!("{way} -> {name}"));
                    waiting.push_back((next, way.clone()));
                }
            }
        }
        let is_third = |id: &str| self.packages.get(id).is_some_and(|package| package.manifest.is_empty());
        ways.into_iter()
            .filter(|(id, _)| is_third(id))
            .map(|(id, way)| (self.packages[id].name.as_str(), way))
            .collect()
    }
}

/// Every crate of the workspace against its row.
pub fn check(graph: &Graph, tree: &Tree) -> Vec<Finding> {
    graph.ours().flat_map(|(id, package)| check_crate(graph, id, package, tree)).collect()
}

fn check_crate(graph: &Graph, id: &str, package: &Package, tree: &Tree) -> Vec<Finding> {
    let Package { name, manifest, .. } = package;
    if TEST_CRATES.contains(&name.as_str()) || manifest.starts_with("tests/") {
        return Vec::new();
    }
    let finding = |dependency: &str, message: String| {
        Finding::failure(manifest, line_of(tree, manifest, dependency), RULE, message)
    };
    let Some(row) = ROWS.iter().find(|row| row.name == name) else {
        return vec![finding(name, format!("{name} has no row in the table of crates/xtask/src/tidy/crate_graph.rs"))];
    };
    let mut found = Vec::new();
    let (ours, third): (Vec<_>, Vec<_>) = graph.direct(package).partition(|package| !package.manifest.is_empty());
    for used in ours.iter().filter(|used| !row.ours.contains(&used.name.as_str())) {
        found.push(finding(&used.name, format!("{name} may not use {}", used.name)));
    }
    match row.third_parties {
        Reach::Nothing => {
            found.extend(
                third.iter().map(|used| {
                    finding(&used.name, format!("{name} uses the standard library only, not {}", used.name))
                }),
            );
        }
        Reach::Only(names) => {
            let others = third.iter().filter(|used| !names.contains(&used.name.as_str()));
            found.extend(others.map(|used| finding(&used.name, format!("{name} may not use {}", used.name))));
        }
        Reach::AllBut(banned) => {
            for (reached, way) in graph.reachable(id) {
                if banned.iter().any(|banned| is_family(reached, banned)) {
                    let direct = way.split(" -> ").nth(1).unwrap_or(reached);
                    found.push(finding(direct, format!("{name} must not see {reached} ({way})")));
                }
            }
        }
    }
    found
}

fn is_family(name: &str, family: &str) -> bool {
    name == family || name.strip_prefix(family).is_some_and(|rest| rest.starts_with('-'))
}

/// Where the manifest names the dependency; 1 when it does not.
fn line_of(tree: &Tree, manifest: &str, dependency: &str) -> usize {
    let names =
        |line: &str| line.trim_start().strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    tree.file(manifest).and_then(|file| file.text.lines().position(names)).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph from `name: dependency dependency`; names that begin with `esteira-` are ours.
    fn graph(lines: &[&str]) -> Graph {
        let mut graph = Graph::default();
        for line in lines {
            let (name, dependencies) = line.split_once(':').expect("a line has a colon");
            let dependencies: BTreeSet<String> = dependencies.split_whitespace().map(str::to_owned).collect();
            for known in dependencies.iter().map(String::as_str).chain([name]) {
                let manifest =
                    known.strip_prefix("esteira-").map_or(String::new(), |short| format!("crates/{short}/Cargo.toml"));
                let package = graph.packages.entry(known.to_owned()).or_default();
                (package.name, package.manifest) = (known.to_owned(), manifest);
            }
            graph.packages.entry(name.to_owned()).or_default().dependencies = dependencies;
        }
        graph
    }

    fn check_messages(lines: &[&str], expected: &[&str]) {
        let found = check(&graph(lines), &Tree::of(&[]));
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, expected, "{lines:?}");
    }

    #[test]
    fn what_the_table_allows() {
        check_messages(&["esteira-model:", "esteira-engine: esteira-model"], &[]);
        check_messages(&["esteira-store: async-trait esteira-model", "esteira-store-sql: sqlx esteira-store"], &[]);
        check_messages(&["esteira-testkit: esteira-store-sql esteira-model"], &[]);
    }

    #[test]
    fn our_own_crates() {
        check_messages(&["esteira-engine: esteira-model esteira-store"], &["esteira-engine may not use esteira-store"]);
        check_messages(&["esteira-grpc: esteira-store-sql"], &["esteira-grpc may not use esteira-store-sql"]);
        check_messages(
            &["esteira-coordinator: esteira-contract"],
            &["esteira-coordinator may not use esteira-contract"],
        );
        check_messages(
            &["esteira-helpers:"],
            &["esteira-helpers has no row in the table of crates/xtask/src/tidy/crate_graph.rs"],
        );
    }

    #[test]
    fn third_parties() {
        check_messages(&["esteira-model: serde"], &["esteira-model uses the standard library only, not serde"]);
        check_messages(&["esteira-xtask: cargo_metadata serde"], &["esteira-xtask may not use serde"]);
        check_messages(
            &["esteira-store: sqlx-core"],
            &["esteira-store must not see sqlx-core (esteira-store -> sqlx-core)"],
        );
        check_messages(&["esteira-store: prosthetics"], &[]);
    }

    #[test]
    fn what_hides_behind_another_crate() {
        check_messages(
            &["esteira-coordinator: esteira-store", "esteira-store: pool", "pool: tonic"],
            &[
                "esteira-coordinator must not see tonic (esteira-coordinator -> esteira-store -> pool -> tonic)",
                "esteira-store must not see tonic (esteira-store -> pool -> tonic)",
            ],
        );
    }

    #[test]
    fn the_line_of_the_manifest() {
        let tree =
            Tree::of(&[("crates/model/Cargo.toml", "[dependencies]\nserde_json = \"1\"\nserde.workspace = true\n")]);
        let found = check(&graph(&["esteira-model: serde"]), &tree);
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [3]);
    }
}
