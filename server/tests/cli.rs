//! The command line, as transcripts: `cli/*.trycmd`, each in the folder `cli/NAME.in`. `TRYCMD=overwrite` blesses them.

#[test]
fn cli() {
    trycmd::TestCases::new().env("NO_COLOR", "1").case("tests/cli/*.trycmd").run();
}
