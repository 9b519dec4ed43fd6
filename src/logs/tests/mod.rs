//! What is found, what is not, and that where blocks end changes nothing.
#![allow(clippy::unwrap_used)]

mod parts;

use super::Form;
use super::fields::Words;
use super::window::{Hit, Window};
use crate::specs::{Kind, Specs};

fn hits(text: &[u8]) -> Vec<Hit> {
    let specs = Specs::embedded().unwrap();
    Window { text, block: 0..text.len() }.hits(&mut Words::new(specs.vocabulary()))
}

/// The values found in a line, with their kinds.
fn found(line: &str) -> Vec<(String, Kind)> {
    hits(line.as_bytes()).into_iter().map(|hit| (line[hit.value].to_owned(), hit.kind)).collect()
}

/// Each line, with the one value that it holds.
fn one(kind: Kind, lines: &[(&str, &str)]) {
    for (line, value) in lines {
        assert_eq!(found(line), [((*value).to_owned(), kind)], "{line}");
    }
}

fn nothing(lines: &[&str]) {
    for line in lines {
        assert_eq!(found(line), [], "{line}");
    }
}

#[test]
fn telephone_numbers() {
    one(
        Kind::Contact,
        &[
            ("Anruf von +4915112345678 angenommen", "+4915112345678"),
            ("+49 151 1234 5678", "+49 151 1234 5678"),
            ("tel +49 (0)151-12345678.", "+49 (0)151-12345678"),
            ("+49151/12345678", "+49151/12345678"),
            ("GET /find?q=%2B4915112345678&x=1", "%2B4915112345678"),
            ("x+4915112345678", "+4915112345678"),
            ("+1234567890", "+1234567890"),
        ],
    );
    nothing(&[
        "+123456789",
        "2025-01-31T10:00:00+02:00",
        "2025-01-31 10:00:00 +0200 1234567890",
        "10:00:00 +1030 1234567890",
        "+2025-01-31 10:00:00",
        "modify +30 days 1234567890",
        "delta +12.3456789012",
        "+49151*******",
        "+49 151 *** ** 78",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "order 4915112345678901, number 20250131123456",
        "DE89370400440532013000",
        "d41d8cd98f00b204e9800998ecf8427e",
        "a1+b2+c3",
    ]);
}

#[test]
fn email_addresses() {
    one(
        Kind::Contact,
        &[
            ("to hans.maier@example.org.", "hans.maier@example.org"),
            ("<hans@mail.example.co.uk>", "hans@mail.example.co.uk"),
            (r"line\nhans@example.org", "hans@example.org"),
            ("jürgen@müller.de", "jürgen@müller.de"),
            ("GET /u?m=hans%40example.org HTTP", "hans%40example.org"),
            ("o'neill@example.org", "o'neill@example.org"),
            ("user+tag@example.org", "user+tag@example.org"),
        ],
    );
    nothing(&[
        "App\\Http\\Controllers\\UserController@show",
        "/img/logo@2x.png",
        "lodash@4.17.21",
        "npm @scope/package",
        "git@github.com:acme/app.git",
        "h***@example.org",
        "***@example.org",
        "xxxxx@example.org",
        "hans@localhost",
        "a@b..de",
        "@example.org",
        "[redacted]@example.org",
    ]);
}

#[test]
fn credentials_in_urls_are_secrets() {
    one(Kind::Secret, &[("mysql://root:geheim42@db.example.org/app", "root:geheim42")]);
    nothing(&["mysql://root:****@db.internal/app", "https://example.org:8080/@x"]);
}

#[test]
fn fields_of_json() {
    one(
        Kind::Contact,
        &[
            (r#"{"phone":"0151 1234567"}"#, "0151 1234567"),
            (r#"{"phone" : "0151 1234567","id":7}"#, "0151 1234567"),
            (r#"{"phone":4915112345678}"#, "4915112345678"),
            (r#"{"email":"hans@example.org"}"#, "hans@example.org"),
            (r#"{"payload":"{\"telefon\":\"0151 1234567\"}"}"#, "0151 1234567"),
            (r#"{"a":"{\"b\":\"{\\\"mobile\\\":\\\"01511234567\\\"}\"}"}"#, "01511234567"),
            (r#"{"emails":["a@example.org","b@example.org"]}"#, r#""a@example.org","b@example.org""#),
        ],
    );
    one(
        Kind::PersonName,
        &[
            (r#"{"name":"Hans Maier"}"#, "Hans Maier"),
            (r#"{"customer_name":"Hans"}"#, "Hans"),
            (r#"{"customer":{"id":7,"name":"hans42"}}"#, "hans42"),
            (r#"{"customers":[{"id":7},{"name":"Hans"}]}"#, "Hans"),
            (r#"{"Vorname":"J\"ürgen"}"#, r#"J\"ürgen"#),
        ],
    );
    one(Kind::Health, &[(r#"{"reason_for_visit":"Rückenschmerzen"}"#, "Rückenschmerzen")]);
    one(Kind::Financial, &[(r#"{"iban":"DE89370400440532013000"}"#, "DE89370400440532013000"), (r#"{"gehalt":4200}"#, "4200")]);
    one(Kind::Identifier, &[(r#"{"geburtsdatum":"1980-01-31"}"#, "1980-01-31")]);
    one(Kind::Secret, &[(r#"{"api_key":"0123456789abcdef0123"}"#, "0123456789abcdef0123")]);
}

#[test]
fn a_value_within_another_one_is_part_of_it() {
    one(
        Kind::FreeText,
        &[(
            r#"{"transcript":"Hier ist Hans, +4915112345678, hans@example.org"}"#,
            "Hier ist Hans, +4915112345678, hans@example.org",
        )],
    );
}

#[test]
fn fields_of_php() {
    one(
        Kind::Contact,
        &[
            ("  'phone' => '0151 1234567',", "0151 1234567"),
            ("    [phone] => 0151 1234567\n    [id] => 7", "0151 1234567"),
            ("  [\"phone\"]=>\n  string(12) \"0151 1234567\"", "0151 1234567"),
        ],
    );
    one(Kind::PersonName, &[("array ( 'vorname' => 'Hans', 'id' => 7 )", "Hans")]);
}

#[test]
fn pairs() {
    one(
        Kind::Contact,
        &[
            ("level=info phone=01511234567 id=7", "01511234567"),
            ("phone=0151 1234 567 ok", "0151 1234 567"),
            ("phone: 0151 1234567, id 7", "0151 1234567"),
            ("GET /u?user[email]=hans%40example.org&x=1", "hans%40example.org"),
            ("where `phone` = '0151 1234567' limit 1", "0151 1234567"),
        ],
    );
    one(
        Kind::PersonName,
        &[
            ("customer_name=\"Hans Maier\" id=7", "Hans Maier"),
            ("customer_name=Hans Maier state=ok", "Hans Maier"),
            ("Vorname: Hans", "Hans"),
        ],
    );
}

#[test]
fn what_only_looks_like_it() {
    nothing(&[
        r#"{"service_name":"Haarschnitt","company_name":"Acme GmbH","file_name":"a.pdf"}"#,
        r#"{"service":{"id":1,"name":"Haarschnitt"}}"#,
        r#"{"phone_number_id":"1234567890","has_phone":true,"phone":null,"email_count":3}"#,
        r#"{"name":"App\\Jobs\\SendMail"}"#,
        r#"{"name":"booking.created"}"#,
        r#"{"email":["The email field is required."]}"#,
        r#"{"first_name":["The first name field is required."]}"#,
        r#"{"email":"required|email|max:255"}"#,
        r#"{"email":"{{ email }}","phone":":phone"}"#,
        r#"{"field":"phone_number","phone":""}"#,
        "processing phone: done, email: sent",
        "password: must be long",
        "customer_name: is missing",
        "ip=127.0.0.1",
        "Route::get('x', fn () => 'name');",
        "$phone == $other; $email != null; a <= b",
    ]);
}

#[test]
fn masks_and_hashes() {
    nothing(&[
        r#"{"phone":"***"}"#,
        r#"{"phone":"+49151****678"}"#,
        r#"{"name":"H*** M***"}"#,
        r#"{"name":"[redacted]","customer_name":"REDACTED","email":"[email]"}"#,
        r#"{"customer_name":"<masked>","vorname":"•••••"}"#,
        r#"{"email":"d41d8cd98f00b204e9800998ecf8427e"}"#,
        r#"{"phone":"sha256:0011"}"#,
        r#"{"customer_name":"a1b2c3d4"}"#,
        r#"{"password":"$2y$12$0123456789"}"#,
        r#"{"phone":"XXXX-XX"}"#,
        "phone=***** email=[filtered]",
    ]);
    // Too much of it is left.
    one(Kind::PersonName, &[(r#"{"customer_name":"Hans Mai***"}"#, "Hans Mai***")]);
    one(Kind::Contact, &[(r#"{"phone":"+491511234***"}"#, "+491511234***")]);
}

#[test]
fn forms_tell_how_a_value_was_recognised() {
    let forms = |text: &str| hits(text.as_bytes()).into_iter().map(|hit| hit.form).collect::<Vec<_>>();
    let line = r#"+4915112345678 a@example.org {"phone":"01511234567"} phone=01511234567 x://u:pw1234@h"#;
    assert_eq!(forms(line), [Form::TelephoneNumber, Form::EmailAddress, Form::Field, Form::Pair, Form::Credentials]);
}

#[test]
fn bytes_that_are_no_utf8_and_odd_ends_do_no_harm() {
    for text in [
        &b"\xff\xfe\"phone\":\"\xff0151 1234567\xff\""[..],
        b":",
        b"=",
        b"@",
        b"+",
        b"%",
        b"%4",
        b"%2B",
        b"\":",
        b"\"\":\"",
        b"\"phone\":",
        b"\"phone\":\"",
        b"\"phone\":[",
        b"\"phone\":\\",
        b"phone=",
        b"phone= ",
        b"[phone] =>",
        b"=>",
        b"]=>",
        b"[\"phone\"]=>\n  string(",
        b"\"phone\":[\"0151",
        b"a@b.",
        b"://:@",
        b"\\@",
    ] {
        let found = hits(text);
        assert!(found.iter().all(|hit| hit.value.end <= text.len()));
    }
    assert_eq!(hits(b"\xff\xfe\"phone\":\"\xff0151 1234567\xff\"").len(), 1);
}
