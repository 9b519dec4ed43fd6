use super::*;

#[test]
fn the_project_is_the_nearest_folder_with_a_root_file() {
    let folder = Folder::new(&[
        ("shop/composer.json", "{}"),
        ("shop/app/Models/A.php", "<?php a"),
        ("shop/app/Http/B.php", "<?php b"),
        ("shop/routes/web.php", "<?php"),
        ("other/X.php", "<?php"),
    ]);
    let project = only(folder.discover(&["shop/app/Http"]).unwrap());
    assert_eq!(project.root(), folder.real("shop"));
    assert_eq!(files(&load(&project)), ["app/Http/B.php", "(app/Models/A.php)", "(routes/web.php)"]);
    assert_eq!(files(&folder.load(&["shop/app/Models/A.php"])), ["(app/Http/B.php)", "app/Models/A.php", "(routes/web.php)"]);
    let twice = folder.load(&["shop/app/Models/A.php", "shop/app", "shop/app/Models/../Models/A.php"]);
    assert_eq!(files(&twice), ["app/Http/B.php", "app/Models/A.php", "(routes/web.php)"]);
    assert_eq!(text(&twice, "app/Models/A.php"), "<?php a");
}

#[test]
fn without_a_root_file_the_path_is_the_root() {
    let folder = Folder::new(&[("a/app/A.php", "<?php"), ("a/config/app.php", "<?php"), ("b/B.php", "<?php")]);
    let projects = folder.discover(&["a", "b/B.php"]).unwrap();
    assert_eq!(roots(&folder, &projects), ["a", "b"]);
    assert_eq!(files(&load(&projects[0])), ["app/A.php", "config/app.php"]);
}

#[test]
fn the_search_for_the_root_ends_at_the_top_of_the_repository() {
    let folder = Folder::new(&[("composer.json", "{}"), ("X.php", "<?php"), ("repo/.git/HEAD", ""), ("repo/app/A.php", "<?php")]);
    assert_eq!(roots(&folder, &folder.discover(&["repo/app"]).unwrap()), ["repo/app"]);
}

#[test]
fn roots_below_a_path_are_projects_of_their_own() {
    let folder = Folder::new(&[
        ("composer.json", "{}"),
        ("app/A.php", "<?php"),
        ("Modules/Blog/composer.json", "{}"),
        ("Modules/Blog/artisan", ""),
        ("Modules/Blog/Models/Post.php", "<?php"),
        ("Modules/Plain/Models/Page.php", "<?php"),
        ("vendor/acme/x/composer.json", "{}"),
        ("vendor/acme/x/src/X.php", "<?php"),
        ("node_modules/y/composer.json", "{}"),
        ("node_modules/y/Y.php", "<?php"),
        ("tests/Fixtures/site/composer.json", "{}"),
        ("tests/Fixtures/site/artisan", ""),
        ("tests/Fixtures/site/app/Z.php", "<?php"),
    ]);
    let projects = folder.discover(&["."]).unwrap();
    assert_eq!(roots(&folder, &projects), ["", "Modules/Blog"]);
    assert_eq!(files(&load(&projects[0])), ["Modules/Plain/Models/Page.php", "app/A.php"]);
    assert_eq!(files(&load(&projects[1])), ["Models/Post.php"]);
    assert_eq!(roots(&folder, &folder.discover(&["app"]).unwrap()), [""]);
    assert_eq!(roots(&folder, &folder.discover(&["app", "Modules/Blog/Models"]).unwrap()), ["", "Modules/Blog"]);
    assert_eq!(roots(&folder, &folder.discover(&["tests/Fixtures/site"]).unwrap()), ["tests/Fixtures/site"]);
}

#[test]
fn modules_and_components_belong_to_the_project_around_them() {
    let folder = Folder::new(&[
        ("composer.json", "{}"),
        ("app/A.php", "<?php"),
        ("Modules/Blog/composer.json", "{}"),
        ("Modules/Blog/Models/Post.php", "<?php"),
        ("apps/locked/composer.json", "{}"),
        ("apps/locked/composer.lock", "{}"),
        ("apps/locked/L.php", "<?php"),
        ("apps/named/mandant.toml", ""),
        ("apps/named/N.php", "<?php"),
        ("apps/named/parts/x/composer.json", "{}"),
        ("apps/named/parts/x/X.php", "<?php"),
        ("lone/composer.lock", "{}"),
        ("lone/Y.php", "<?php"),
    ]);
    let projects = folder.discover(&["."]).unwrap();
    assert_eq!(roots(&folder, &projects), ["", "apps/locked", "apps/named"]);
    assert_eq!(files(&load(&projects[0])), ["Modules/Blog/Models/Post.php", "app/A.php", "lone/Y.php"]);
    assert_eq!(files(&load(&projects[2])), ["N.php", "parts/x/X.php"]);
    let module = only(folder.discover(&["Modules/Blog"]).unwrap());
    assert_eq!(module.root(), folder.real(""));
    assert_eq!(files(&load(&module)), ["Modules/Blog/Models/Post.php", "(app/A.php)", "(lone/Y.php)"]);
    assert_eq!(roots(&folder, &folder.discover(&["apps/named/parts/x"]).unwrap()), ["apps/named"]);
    assert_eq!(roots(&folder, &folder.discover(&["apps/locked/L.php"]).unwrap()), ["apps/locked"]);
}

#[test]
fn a_monorepo_without_a_root_file_keeps_its_loose_files() {
    let folder = Folder::new(&[
        ("apps/a/composer.json", "{}"),
        ("apps/a/app/A.php", "<?php"),
        ("apps/b/mandant.toml", ""),
        ("apps/b/B.php", "<?php"),
        ("apps/frontend/composer.json", "{}"),
        ("apps/a/Shared", ""),
        ("tools/deploy.php", "<?php"),
    ]);
    let projects = folder.discover(&["."]).unwrap();
    assert_eq!(roots(&folder, &projects), ["", "apps/a", "apps/b"]);
    assert_eq!(files(&load(&projects[0])), ["tools/deploy.php"]);
    assert_eq!(projects[2].config().map(|config| config.text.as_str()), Some(""));
    assert_eq!(roots(&folder, &folder.discover(&["apps"]).unwrap()), ["apps/a", "apps/b"]);
}

#[test]
fn vendor_is_a_word_of_the_domain_below_app() {
    let folder = Folder::new(&[
        ("composer.json", "{}"),
        ("app/Http/Controllers/vendor/OrderController.php", "<?php"),
        ("app/plugin/vendor/autoload.php", "<?php"),
        ("app/plugin/vendor/x/X.php", "<?php"),
        ("modules/pay/vendor/x/X.php", "<?php"),
        ("vendor/x/X.php", "<?php"),
    ]);
    assert_eq!(files(&folder.load(&["."])), ["app/Http/Controllers/vendor/OrderController.php"]);
    let named = folder.load(&["vendor/x", "app"]);
    assert_eq!(skips(&named.skipped), ["vendor/x skip.dependency design"]);
}

#[test]
fn ignore_files_count_with_and_without_a_repository() {
    let files_of = |repository: bool| {
        let folder = Folder::new(&[
            ("site/composer.json", "{}"),
            ("site/.gitignore", "/generated\n*.tmp.php\n"),
            ("site/.ignore", "old/\n"),
            ("site/app/A.php", "<?php"),
            ("site/app/b.tmp.php", "<?php"),
            ("site/generated/G.php", "<?php"),
            ("site/old/O.php", "<?php"),
            ("site/.hidden/H.php", "<?php"),
            ("site/.php-cs-fixer.dist.php", "<?php"),
            ("site/sub/.gitignore", "C.php\n"),
            ("site/sub/C.php", "<?php"),
            // Above the project: the repository's rules hold, those of a home folder do not.
            (".gitignore", "above.php\n"),
            ("site/above.php", "<?php"),
        ]);
        if repository {
            folder.git(&["init", "-q"]);
        }
        files(&folder.load(&["site"]))
    };
    assert_eq!(files_of(true), ["app/A.php"]);
    assert_eq!(files_of(false), ["above.php", "app/A.php"]);
}

#[test]
fn what_is_named_is_examined_though_it_is_ignored() {
    let folder = Folder::new(&[
        ("composer.json", "{}"),
        (".gitignore", "/generated\n"),
        ("app/A.php", "<?php"),
        ("generated/G.php", "<?php"),
        ("generated/H.php", "<?php"),
    ]);
    assert_eq!(files(&folder.load(&["generated/G.php"])), ["(app/A.php)", "generated/G.php"]);
    assert_eq!(files(&folder.load(&["generated"])), ["(app/A.php)", "generated/G.php", "generated/H.php"]);
}

#[test]
fn tests_factories_seeders_and_language_files_are_left_out() {
    let folder = Folder::new(&[
        ("composer.json", "{}"),
        ("app/A.php", "<?php"),
        ("app/Models/BloodTest.php", "<?php"),
        ("app/Tests/Sample.php", "<?php"),
        ("src/LooseTest.php", "<?php"),
        ("tests/Feature/ATest.php", "<?php"),
        ("Modules/Blog/Tests/Unit/B.php", "<?php"),
        ("Modules/Blog/Database/Factories/F.php", "<?php"),
        ("Modules/Blog/Resources/lang/de/x.php", "<?php"),
        ("database/factories/F.php", "<?php"),
        ("database/seeders/S.php", "<?php"),
        ("database/seeds/S.php", "<?php"),
        ("database/migrations/M.php", "<?php"),
        ("lang/de/x.php", "<?php"),
        ("resources/lang/de/x.php", "<?php"),
        ("app/lang/Real.php", "<?php"),
        ("_ide_helper_models.php", "<?php"),
        (".phpstorm.meta.php", "<?php"),
        ("storage/framework/views/v.php", "<?php"),
        ("bootstrap/cache/c.php", "<?php"),
        ("bootstrap/app.php", "<?php"),
        ("public/build/b.php", "<?php"),
        ("public/index.php", "<?php"),
        ("page.phtml", "<?php"),
    ]);
    let loaded = folder.load(&["."]);
    let kept = [
        "app/A.php",
        "app/Models/BloodTest.php",
        "app/Tests/Sample.php",
        "app/lang/Real.php",
        "bootstrap/app.php",
        "database/migrations/M.php",
        "public/index.php",
    ];
    assert_eq!(files(&loaded), kept);
    assert_eq!(loaded.left_out, LeftOut { tests: 7, templates: 0, excluded: 0 });
    assert_eq!(folder.load(&["app"]).left_out.tests, 0);
    let named = folder.load(&["tests", "database/seeders/S.php"]);
    let examined = |loaded: &Loaded| files(loaded).into_iter().filter(|path| !path.starts_with('(')).collect::<Vec<_>>();
    assert_eq!(examined(&named), ["database/seeders/S.php", "tests/Feature/ATest.php"]);
    assert_eq!(examined(&folder.load(&["lang/de/x.php"])), ["lang/de/x.php"]);
}

#[test]
fn a_project_of_tests_alone_is_no_mistake() {
    let folder = Folder::new(&[("composer.json", "{}"), ("tests/ATest.php", "<?php")]);
    let loaded = folder.load(&["."]);
    assert_eq!((files(&loaded).len(), loaded.left_out.tests), (0, 1));
}

#[test]
fn exclusions_of_the_user_hold_for_named_paths_too() {
    let folder = Folder::new(&[
        ("composer.json", "{}"),
        ("app/A.php", "<?php"),
        ("app/Legacy/B.php", "<?php"),
        ("app/Legacy/deep/C.php", "<?php"),
        ("app/x.gen.php", "<?php"),
        ("tests/gen/T.php", "<?php"),
    ]);
    let exclude = ["app/Legacy", "*.gen.php", "unused/**", "tests/gen/**"].map(str::to_owned).to_vec();
    let settings = config::Project { exclude, ..config::Project::default() };
    let loaded = only(folder.discover(&[".", "app/Legacy/B.php"]).unwrap()).load(&settings, &Silent);
    assert_eq!(files(&loaded), ["app/A.php"]);
    assert_eq!(loaded.left_out, LeftOut { tests: 0, templates: 0, excluded: 4 });
    assert_eq!(
        skips(&loaded.skipped),
        ["*.gen.php skip.excluded design 1", "app/Legacy skip.excluded design 2", "tests/gen/** skip.excluded design 1"]
    );
}

#[test]
fn templates_are_told_where_they_hold_queries_or_logs() {
    let folder = Folder::new(&[
        ("composer.json", "{}"),
        ("app/A.php", "<?php"),
        ("resources/views/plain.blade.php", "<h1>{{ $title }}</h1>"),
        ("resources/views/query.blade.php", "@foreach (Customer::where('a', 1)->get() as $c)"),
        ("resources/views/livewire/volt.blade.php", "<?php new class extends Component {} ?>"),
    ]);
    let loaded = folder.load(&["."]);
    assert_eq!(files(&loaded), ["app/A.php"]);
    assert_eq!(loaded.left_out.templates, 1);
    assert_eq!(
        skips(&loaded.skipped),
        ["resources/views/livewire/volt.blade.php skip.blade design", "resources/views/query.blade.php skip.blade design"]
    );
    assert_eq!(skips(&folder.load(&["app"]).skipped), Vec::<String>::new());
}

#[test]
fn large_files_and_strange_bytes_are_told() {
    let folder = Folder::new(&[("composer.json", "{}"), ("app/A.php", "<?php")]);
    let large = std::fs::File::create(folder.path("app/Large.php")).unwrap();
    large.set_len(50 << 20).unwrap();
    folder.write("app/Latin.php", b"<?php // M\xfcller");
    folder.write("app/limit.php", &vec![b' '; 1 << 20]);
    folder.write("app/beyond.php", &vec![b' '; (1 << 20) + 1]);
    let loaded = folder.load(&["."]);
    assert_eq!(files(&loaded), ["app/A.php", "app/Latin.php", "app/limit.php"]);
    assert_eq!(text(&loaded, "app/Latin.php"), "<?php // M\u{fffd}ller");
    assert_eq!(
        skips(&loaded.skipped),
        [
            "app/Large.php skip.too-large incomplete 52428800 1048576",
            "app/Latin.php skip.not-utf8 reservation",
            "app/beyond.php skip.too-large incomplete 1048577 1048576",
        ]
    );
    let settings = config::Project { max_file_size: 2 << 20, ..config::Project::default() };
    let loaded = only(folder.discover(&["."]).unwrap()).load(&settings, &Silent);
    assert!(loaded.workspace.find("app/beyond.php").is_some());
}

#[test]
fn what_cannot_be_used_is_an_error_with_a_word() {
    let folder =
        Folder::new(&[("composer.json", "{}"), ("app/A.php", "<?php"), ("docs/readme.md", "x"), ("js/package.json", "{}")]);
    let told = |paths: &[&str]| match folder.discover(paths) {
        Ok(projects) => panic!("{projects:?}"),
        Err(error) => error.to_string().replace(&folder.0.path().display().to_string(), "F"),
    };
    assert_eq!(told(&["app", "missing"]), "there is no file or folder `F/missing`");
    assert_eq!(told(&["docs/readme.md"]), "`F/docs/readme.md` is no PHP file");
    assert_eq!(
        told(&["app", "docs"]),
        "`F/docs` holds no PHP file; folders that .gitignore names, vendor and node_modules do not count"
    );
    assert!(told(&["js"]).starts_with("`F/js` holds no PHP file"));
}

#[test]
fn a_text_takes_the_place_of_a_file() {
    let folder = Folder::new(&[("composer.json", "{}"), ("app/A.php", "<?php old"), ("app/B.php", "<?php b")]);
    let with = |path: &str| {
        let source = SourceChoice::Text { path: folder.path(path), bytes: b"<?php new".to_vec() };
        load(&only(discover_in(&source, &[]).unwrap()))
    };
    let loaded = with("app/A.php");
    assert_eq!(files(&loaded), ["app/A.php", "(app/B.php)"]);
    assert_eq!((text(&loaded, "app/A.php"), text(&loaded, "app/B.php")), ("<?php new", "<?php b"));
    let loaded = with("app/New/C.php");
    assert_eq!(files(&loaded), ["(app/A.php)", "(app/B.php)", "app/New/C.php"]);
    assert_eq!(text(&loaded, "app/New/C.php"), "<?php new");
}

#[test]
fn other_texts_of_the_project_come_from_its_source() {
    let folder = Folder::new(&[("site/mandant.toml", "[project]\n"), ("site/app/A.php", "<?php"), ("secret.txt", "x")]);
    let project = only(folder.discover(&["site/app"]).unwrap());
    assert_eq!(project.config().map(|config| config.text.as_str()), Some("[project]\n"));
    assert_eq!(project.read_text("app/A.php"), Ok(Some("<?php".to_owned())));
    assert_eq!(project.read_text("none.sql"), Ok(None));
    assert!(project.read_text("../secret.txt").is_err());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_end_and_stay_inside() {
        let folder = Folder::new(&[
            ("site/composer.json", "{}"),
            ("site/app/A.php", "<?php"),
            ("site/public/index.php", "<?php"),
            ("site/modules/pay/composer.json", "{}"),
            ("site/modules/pay/artisan", ""),
            ("site/modules/pay/P.php", "<?php"),
            ("outside/O.php", "<?php"),
        ]);
        let link = |target: &str, at: &str| symlink(target, folder.path(at)).unwrap();
        link("..", "site/app/up");
        link("self", "site/app/self");
        link("../../outside", "site/app/out");
        link("../../outside/O.php", "site/app/Out.php");
        link("A.php", "site/app/Again.php");
        link("../app", "site/public/code");
        link("../modules/pay", "site/app/pay");
        link("nowhere.php", "site/app/Dangling.php");
        link("../storage/app/public", "site/public/storage");
        let loaded = load(&folder.discover(&["site"]).unwrap()[0]);
        assert_eq!(files(&loaded), ["app/A.php", "public/index.php"]);
        assert_eq!(
            skips(&loaded.skipped),
            [
                "app/Dangling.php skip.unreadable incomplete the link leads to nothing",
                "app/Out.php skip.link-outside design",
                "app/out skip.link-outside design",
                "app/pay skip.link-outside design",
                "app/self skip.symlink-loop design",
                "app/up skip.symlink-loop design",
            ]
        );
    }

    #[test]
    fn a_link_as_path_is_followed() {
        let folder = Folder::new(&[("real/composer.json", "{}"), ("real/app/A.php", "<?php")]);
        symlink("real", folder.path("alias")).unwrap();
        let project = only(folder.discover(&["alias/app"]).unwrap());
        assert_eq!(project.root(), folder.real("real"));
    }

    #[test]
    fn what_may_not_be_read_makes_the_run_incomplete() {
        let folder =
            Folder::new(&[("composer.json", "{}"), ("app/A.php", "<?php"), ("app/B.php", "<?php"), ("shut/C.php", "<?php")]);
        let permit = |path: &str, mode| std::fs::set_permissions(folder.path(path), PermissionsExt::from_mode(mode)).unwrap();
        permit("app/B.php", 0o000);
        permit("shut", 0o000);
        if std::fs::read_dir(folder.path("shut")).is_ok() {
            // Whoever may read everything cannot see this.
            return;
        }
        let loaded = folder.load(&["."]);
        permit("shut", 0o700);
        assert_eq!(files(&loaded), ["app/A.php"]);
        assert_eq!(
            skips(&loaded.skipped),
            ["app/B.php skip.unreadable incomplete permission denied", "shut skip.unreadable incomplete permission denied"]
        );
    }

    #[test]
    fn strange_names_survive() {
        let folder = Folder::new(&[("composer.json", "{}"), ("app/a\u{1b}[31m\n.php", "<?php red")]);
        let odd = std::ffi::OsStr::from_bytes(b"app/M\xfcller.php");
        std::fs::write(folder.0.path().join(odd), "<?php odd").unwrap();
        let loaded = folder.load(&["."]);
        assert_eq!(files(&loaded), ["app/M\u{fffd}ller.php", "app/a\u{1b}[31m\n.php"]);
        assert_eq!(text(&loaded, "app/M\u{fffd}ller.php"), "<?php odd");
    }

    #[test]
    fn a_pipe_is_no_file() {
        let folder = Folder::new(&[("composer.json", "{}"), ("app/A.php", "<?php")]);
        let made = std::process::Command::new("mkfifo").arg(folder.path("app/pipe.php")).status();
        if made.is_ok_and(|status| status.success()) {
            assert_eq!(files(&folder.load(&["."])), ["app/A.php"]);
        }
    }
}
