//! The Go test that runs a program natively, on the SDK's own bodies.

use gobpf_bpf::Object;

use crate::job::Input;
use crate::scenario::Scenario;

const HEAD: &str = "\n\nimport (\n\t\"testing\"\n\n\t\"github.com/miekg/bpf\"\n)\n\n\
    // A panic ends a program with the abort value.\n\
    func run(program func() int32) (result int32) {\n\
    \tdefer func() {\n\t\tif recover() != nil {\n\t\t\tresult = int32(bpf.XDPAborted)\n\t\t}\n\t}()\n\
    \treturn program()\n}\n\n\
    func TestNative(t *testing.T) {\n";

impl Scenario {
    /// A test file of package `package` that gives each packet to its program and compares the result. None where
    /// there are no packets, or where maps are filled first.
    pub fn native_test(&self, package: &str, object: &Object) -> Option<String> {
        if self.fills_maps() {
            return None;
        }
        let mut text = format!("package {package}{HEAD}");
        let mut any = false;
        for (program, input, result) in self.runs() {
            let is_xdp = object.programs.iter().any(|other| other.name == program && other.section == "xdp");
            let (Input::Packet { data, repeat: 1 }, Some(result), true) = (input, result, is_xdp) else {
                continue;
            };
            any = true;
            let bytes: Vec<String> = data.0.iter().map(|byte| format!("{byte:#04x}")).collect();
            text.push_str(&format!(
                "\tif got := run(func() int32 {{ return int32({program}(bpf.NewXDP([]byte{{{}}}))) }}); got != {} {{\n\
                 \t\tt.Errorf(\"{program}(%s) = %d, want %d\", \"{data}\", got, {})\n\t}}\n",
                bytes.join(", "),
                result as i32,
                result as i32
            ));
        }
        text.push_str("}\n");
        any.then_some(text)
    }
}
