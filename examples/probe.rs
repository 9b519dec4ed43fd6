use mandant::*;
use rayon::prelude::*;
fn main() {
    let root = std::env::args().nth(1).unwrap();
    let mut files = vec![];
    for e in walkdir::WalkDir::new(&root).into_iter().filter_map(Result::ok) {
        let p = e.path().strip_prefix(&root).unwrap().to_string_lossy().to_string();
        if p.ends_with(".php") && !p.ends_with(".blade.php") && !p.starts_with("vendor") && !p.starts_with("lang/") && !p.starts_with("tests") && !p.contains("database/factories") && !p.contains("database/seed") && !p.contains("resources/lang") && !p.starts_with("storage/") {
            if let Ok(t) = std::fs::read(e.path()) { files.push((p, String::from_utf8_lossy(&t).to_string())); }
        }
    }
    let ws = workspace::Workspace::from_texts(files);
    let t = std::time::Instant::now();
    let list: Vec<_> = ws.files().collect();
    let hirs: Vec<_> = list.par_iter().map_init(syntax::Lowerer::new, |l, (_, f)| l.lower(&f.text)).collect();
    eprintln!("lower {:?} {} files", t.elapsed(), hirs.len());
    let paths: Vec<String> = ws.files().map(|(_, f)| f.path.clone()).collect();
    let index = index::Index::build_with(hirs, index::IndexOptions { paths: paths.clone(), ..Default::default() });
    eprintln!("index {:?} models {}", t.elapsed(), index.models().count());
    let specs = specs::Specs::embedded().unwrap();
    let resolution = flow::Resolution::build(&index, &specs);
    eprintln!("resolve {:?}", t.elapsed());
    let graph = flow::CallGraph::build(&index, &resolution);
    eprintln!("graph {:?} {}", t.elapsed(), graph.len());
    let project = flow::Project { index: &index, resolution: &resolution, specs: &specs };
    let tenancy = analysis::tenancy::Tenancy::build(project, &graph, &paths, &Default::default());
    eprintln!("tenancy {:?}", t.elapsed());
    match &tenancy.facts {
        Ok(f) => { println!("key {} root {:?} why {:?}\nmodels {:?}\ntables {:?}", f.key, f.root, f.why, f.models, f.tables);
            for m in index.models() { for (s, b) in tenancy.scopes_of(f, m) { println!("scope {} {:?} {:?}", m.name, s.identifier, b); } }
            let mut n = 0;
            for (e, q) in tenancy.queries() {
                let Some(first) = q.executions.first() else { continue };
                if tenancy.owned_subject(f, &first.query).is_none() { continue; }
                n += 1;
                let (g, o) = tenancy.read(f, &first.query, Default::default());
                let pos = ws.position(e.at.file, e.at.span.start);
                println!("{}:{} {:?} {:?} {} guard={:?} opaque={:?} removed={:?}", ws.file(e.at.file).path, pos.line, first.query.subject, e.kind, first.method, g.map(|g| format!("{:?}", g.protection).chars().take(60).collect::<String>()), o.opaque.first().map(|o| o.0), o.removals.len());
            }
            println!("sites {n} unresolved {} calls {} raw {}", tenancy.unresolved_queries().len(), tenancy.unresolved_calls(), tenancy.raw_sql().len());
        }
        Err(e) => println!("{e:?}"),
    }
}
