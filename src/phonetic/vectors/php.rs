//! The vectors as a test of PHP: for `PHPUnit` and for Pest.

use std::io::{self, Write};

use super::Vector;

/// Which test program, and what it tests.
#[derive(Clone, Copy, Debug)]
pub struct PhpTest<'a> {
    /// True for Pest, false for `PHPUnit`.
    pub is_pest: bool,
    /// The class under test, without a leading backslash.
    pub class: &'a str,
    /// Its method, static or not.
    pub method: &'a str,
}

const HEAD: &str = "<?php

declare(strict_types=1);

// Kölner Phonetik: conformance vectors. Written by `mandant phonetic vectors`; do not edit.
";

/// Writes a whole test file.
///
/// # Errors
/// What the writer says.
pub fn write_php(vectors: &[Vector], test: PhpTest<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    let class = test.class.trim_start_matches('\\');
    let call = format!(
        "$method = new \\ReflectionMethod(\\{class}::class, {});
        $encoder = $method->isStatic() ? null : (new \\ReflectionClass(\\{class}::class))->newInstance();

        ",
        literal(test.method)
    );
    if test.is_pest {
        let call = call.replace("        ", "    ");
        writeln!(out, "\nit('encodes by the rules', function (string $input, string $code, string $rule): void {{")?;
        writeln!(out, "    {call}expect($method->invoke($encoder, $input))->toBe($code, $rule);")?;
        writeln!(out, "}})->with([")?;
        rows(vectors, "    ", out)?;
        return writeln!(out, "]);");
    }
    write!(
        out,
        "
use PHPUnit\\Framework\\Attributes\\DataProvider;
use PHPUnit\\Framework\\TestCase;

final class CologneConformanceTest extends TestCase
{{
    /** @dataProvider vectors */
    #[DataProvider('vectors')]
    public function test_encodes_by_the_rules(string $input, string $code, string $rule): void
    {{
        {call}self::assertSame($code, $method->invoke($encoder, $input), $rule);
    }}

    /** @return list<array{{string, string, string}}> */
    public static function vectors(): array
    {{
        return [
"
    )?;
    rows(vectors, "            ", out)?;
    writeln!(out, "        ];\n    }}\n}}")
}

fn rows(vectors: &[Vector], indent: &str, out: &mut dyn Write) -> io::Result<()> {
    for vector in vectors {
        let shown = format!("{}: {}", vector.rule, vector.why);
        writeln!(out, "{indent}[{}, {}, {}],", literal(&vector.input), literal(&vector.code), literal(&shown))?;
    }
    Ok(())
}

/// A string of PHP in single quotes.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
