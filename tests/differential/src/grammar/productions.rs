//! The productions of the Go specification's grammar, in its order, as data.

/// What becomes of a production in kernel code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is compiled.
    Kernel,
    /// It is refused, with this code.
    Refused(&'static str),
}

/// A production.
#[derive(Clone, Copy, Debug)]
pub struct Production {
    /// Its name.
    pub name: &'static str,
    /// What it consists of, in the specification's notation.
    pub consists_of: &'static str,
    /// What becomes of it in kernel code.
    pub standing: Standing,
}

impl Production {
    /// Whether kernel code can have it.
    pub fn in_kernel(&self) -> bool {
        self.standing == Standing::Kernel
    }
}

const fn kernel(name: &'static str, consists_of: &'static str) -> Production {
    Production { name, consists_of, standing: Standing::Kernel }
}

const fn refused(name: &'static str, consists_of: &'static str, code: &'static str) -> Production {
    Production { name, consists_of, standing: Standing::Refused(code) }
}

/// All of them.
pub const PRODUCTIONS: &[Production] = &[
    kernel("newline", r#"/* the Unicode code point U+000A */"#),
    kernel("unicode_char", r#"/* an arbitrary Unicode code point except newline */"#),
    kernel("unicode_letter", r#"/* a Unicode code point categorized as "Letter" */"#),
    kernel("unicode_digit", r#"/* a Unicode code point categorized as "Number, decimal digit" */"#),
    kernel("letter", r#"unicode_letter | "_" ."#),
    kernel("decimal_digit", r#""0" … "9" ."#),
    kernel("binary_digit", r#""0" | "1" ."#),
    kernel("octal_digit", r#""0" … "7" ."#),
    kernel("hex_digit", r#""0" … "9" | "A" … "F" | "a" … "f" ."#),
    kernel("identifier", r#"letter { letter | unicode_digit } ."#),
    kernel("int_lit", r#"decimal_lit | binary_lit | octal_lit | hex_lit ."#),
    kernel("decimal_lit", r#""0" | ( "1" … "9" ) [ [ "_" ] decimal_digits ] ."#),
    kernel("binary_lit", r#""0" ( "b" | "B" ) [ "_" ] binary_digits ."#),
    kernel("octal_lit", r#""0" [ "o" | "O" ] [ "_" ] octal_digits ."#),
    kernel("hex_lit", r#""0" ( "x" | "X" ) [ "_" ] hex_digits ."#),
    kernel("decimal_digits", r#"decimal_digit { [ "_" ] decimal_digit } ."#),
    kernel("binary_digits", r#"binary_digit { [ "_" ] binary_digit } ."#),
    kernel("octal_digits", r#"octal_digit { [ "_" ] octal_digit } ."#),
    kernel("hex_digits", r#"hex_digit { [ "_" ] hex_digit } ."#),
    kernel("float_lit", r#"decimal_float_lit | hex_float_lit ."#),
    kernel(
        "decimal_float_lit",
        r#"decimal_digits "." [ decimal_digits ] [ decimal_exponent ] | decimal_digits decimal_exponent | "." decimal_digits [ decimal_exponent ] ."#,
    ),
    kernel("decimal_exponent", r#"( "e" | "E" ) [ "+" | "-" ] decimal_digits ."#),
    kernel("hex_float_lit", r#""0" ( "x" | "X" ) hex_mantissa hex_exponent ."#),
    kernel(
        "hex_mantissa",
        r#"[ "_" ] hex_digits "." [ hex_digits ] | [ "_" ] hex_digits | "." hex_digits ."#,
    ),
    kernel("hex_exponent", r#"( "p" | "P" ) [ "+" | "-" ] decimal_digits ."#),
    refused("imaginary_lit", r#"(decimal_digits | int_lit | float_lit) "i" ."#, "GB0305"),
    kernel("rune_lit", r#""'" ( unicode_value | byte_value ) "'" ."#),
    kernel("unicode_value", r#"unicode_char | little_u_value | big_u_value | escaped_char ."#),
    kernel("byte_value", r#"octal_byte_value | hex_byte_value ."#),
    kernel("octal_byte_value", r#"`\` octal_digit octal_digit octal_digit ."#),
    kernel("hex_byte_value", r#"`\` "x" hex_digit hex_digit ."#),
    kernel("little_u_value", r#"`\` "u" hex_digit hex_digit hex_digit hex_digit ."#),
    kernel(
        "big_u_value",
        r#"`\` "U" hex_digit hex_digit hex_digit hex_digit hex_digit hex_digit hex_digit hex_digit ."#,
    ),
    kernel("escaped_char", r#"`\` ( "a" | "b" | "f" | "n" | "r" | "t" | "v" | `\` | "'" | `"` ) ."#),
    kernel("string_lit", r#"raw_string_lit | interpreted_string_lit ."#),
    kernel("raw_string_lit", r#""`" { unicode_char | newline } "`" ."#),
    kernel("interpreted_string_lit", r#"`"` { unicode_value | byte_value } `"` ."#),
    kernel("Type", r#"TypeName [ TypeArgs ] | TypeLit | "(" Type ")" ."#),
    kernel("TypeName", r#"identifier | QualifiedIdent ."#),
    kernel("TypeArgs", r#""[" TypeList [ "," ] "]" ."#),
    kernel("TypeList", r#"Type { "," Type } ."#),
    kernel(
        "TypeLit",
        r#"ArrayType | StructType | PointerType | FunctionType | InterfaceType | SliceType | MapType | ChannelType ."#,
    ),
    kernel("ArrayType", r#""[" ArrayLength "]" ElementType ."#),
    kernel("ArrayLength", r#"Expression ."#),
    kernel("ElementType", r#"Type ."#),
    kernel("SliceType", r#""[" "]" ElementType ."#),
    kernel("StructType", r#""struct" "{" { FieldDecl ";" } "}" ."#),
    kernel("FieldDecl", r#"(IdentifierList Type | EmbeddedField) [ Tag ] ."#),
    kernel("EmbeddedField", r#"[ "*" ] TypeName [ TypeArgs ] ."#),
    kernel("Tag", r#"string_lit ."#),
    kernel("PointerType", r#""*" BaseType ."#),
    kernel("BaseType", r#"Type ."#),
    kernel("FunctionType", r#""func" Signature ."#),
    kernel("Signature", r#"Parameters [ Result ] ."#),
    kernel("Result", r#"Parameters | Type ."#),
    kernel("Parameters", r#""(" [ ParameterList [ "," ] ] ")" ."#),
    kernel("ParameterList", r#"ParameterDecl { "," ParameterDecl } ."#),
    kernel("ParameterDecl", r#"[ IdentifierList ] [ "..." ] Type ."#),
    kernel("InterfaceType", r#""interface" "{" { InterfaceElem ";" } "}" ."#),
    kernel("InterfaceElem", r#"MethodElem | TypeElem ."#),
    kernel("MethodElem", r#"MethodName Signature ."#),
    kernel("MethodName", r#"identifier ."#),
    kernel("TypeElem", r#"TypeTerm { "|" TypeTerm } ."#),
    kernel("TypeTerm", r#"Type | UnderlyingType ."#),
    kernel("UnderlyingType", r#""~" Type ."#),
    kernel("MapType", r#""map" "[" KeyType "]" ElementType ."#),
    kernel("KeyType", r#"Type ."#),
    refused("ChannelType", r#"( "chan" | "chan" "<-" | "<-" "chan" ) ElementType ."#, "GB0302"),
    kernel("Block", r#""{" StatementList "}" ."#),
    kernel("StatementList", r#"{ Statement ";" } ."#),
    kernel("Declaration", r#"ConstDecl | TypeDecl | VarDecl ."#),
    kernel("TopLevelDecl", r#"Declaration | FunctionDecl | MethodDecl ."#),
    kernel("ConstDecl", r#""const" ( ConstSpec | "(" { ConstSpec ";" } ")" ) ."#),
    kernel("ConstSpec", r#"IdentifierList [ [ Type ] "=" ExpressionList ] ."#),
    kernel("IdentifierList", r#"identifier { "," identifier } ."#),
    kernel("ExpressionList", r#"Expression { "," Expression } ."#),
    kernel("TypeDecl", r#""type" ( TypeSpec | "(" { TypeSpec ";" } ")" ) ."#),
    kernel("TypeSpec", r#"AliasDecl | TypeDef ."#),
    kernel("AliasDecl", r#"identifier [ TypeParameters ] "=" Type ."#),
    kernel("TypeDef", r#"identifier [ TypeParameters ] Type ."#),
    kernel("TypeParameters", r#""[" TypeParamList [ "," ] "]" ."#),
    kernel("TypeParamList", r#"TypeParamDecl { "," TypeParamDecl } ."#),
    kernel("TypeParamDecl", r#"IdentifierList TypeConstraint ."#),
    kernel("TypeConstraint", r#"TypeElem ."#),
    kernel("VarDecl", r#""var" ( VarSpec | "(" { VarSpec ";" } ")" ) ."#),
    kernel("VarSpec", r#"IdentifierList ( Type [ "=" ExpressionList ] | "=" ExpressionList ) ."#),
    kernel("ShortVarDecl", r#"IdentifierList ":=" ExpressionList ."#),
    kernel("FunctionDecl", r#""func" FunctionName [ TypeParameters ] Signature [ FunctionBody ] ."#),
    kernel("FunctionName", r#"identifier ."#),
    kernel("FunctionBody", r#"Block ."#),
    kernel("MethodDecl", r#""func" Receiver MethodName Signature [ FunctionBody ] ."#),
    kernel("Receiver", r#"Parameters ."#),
    kernel("Operand", r#"Literal | OperandName [ TypeArgs ] | "(" Expression ")" ."#),
    kernel("Literal", r#"BasicLit | CompositeLit | FunctionLit ."#),
    kernel("BasicLit", r#"int_lit | float_lit | imaginary_lit | rune_lit | string_lit ."#),
    kernel("OperandName", r#"identifier | QualifiedIdent ."#),
    kernel("QualifiedIdent", r#"PackageName "." identifier ."#),
    kernel("CompositeLit", r#"LiteralType LiteralValue ."#),
    kernel(
        "LiteralType",
        r#"StructType | ArrayType | "[" "..." "]" ElementType | SliceType | MapType | TypeName [ TypeArgs ] ."#,
    ),
    kernel("LiteralValue", r#""{" [ ElementList [ "," ] ] "}" ."#),
    kernel("ElementList", r#"KeyedElement { "," KeyedElement } ."#),
    kernel("KeyedElement", r#"[ Key ":" ] Element ."#),
    kernel("Key", r#"FieldName | Expression | LiteralValue ."#),
    kernel("FieldName", r#"identifier ."#),
    kernel("Element", r#"Expression | LiteralValue ."#),
    kernel("FunctionLit", r#""func" Signature FunctionBody ."#),
    kernel(
        "PrimaryExpr",
        r#"Operand | Conversion | MethodExpr | PrimaryExpr Selector | PrimaryExpr Index | PrimaryExpr Slice | PrimaryExpr TypeAssertion | PrimaryExpr Arguments ."#,
    ),
    kernel("Selector", r#""." identifier ."#),
    kernel("Index", r#""[" Expression [ "," ] "]" ."#),
    kernel(
        "Slice",
        r#""[" [ Expression ] ":" [ Expression ] "]" | "[" [ Expression ] ":" Expression ":" Expression "]" ."#,
    ),
    refused("TypeAssertion", r#""." "(" Type ")" ."#, "GB0303"),
    kernel(
        "Arguments",
        r#""(" [ ( ExpressionList | Type [ "," ExpressionList ] ) [ "..." ] [ "," ] ] ")" ."#,
    ),
    kernel("MethodExpr", r#"ReceiverType "." MethodName ."#),
    kernel("ReceiverType", r#"Type ."#),
    kernel("Expression", r#"UnaryExpr | Expression binary_op Expression ."#),
    kernel("UnaryExpr", r#"PrimaryExpr | unary_op UnaryExpr ."#),
    kernel("binary_op", r#""||" | "&&" | rel_op | add_op | mul_op ."#),
    kernel("rel_op", r#""==" | "!=" | "<" | "<=" | ">" | ">=" ."#),
    kernel("add_op", r#""+" | "-" | "|" | "^" ."#),
    kernel("mul_op", r#""*" | "/" | "%" | "<<" | ">>" | "&" | "&^" ."#),
    kernel("unary_op", r#""+" | "-" | "!" | "^" | "*" | "&" | "<-" ."#),
    kernel("Conversion", r#"Type "(" Expression [ "," ] ")" ."#),
    kernel(
        "Statement",
        r#"Declaration | LabeledStmt | SimpleStmt | GoStmt | ReturnStmt | BreakStmt | ContinueStmt | GotoStmt | FallthroughStmt | Block | IfStmt | SwitchStmt | SelectStmt | ForStmt | DeferStmt ."#,
    ),
    kernel(
        "SimpleStmt",
        r#"EmptyStmt | ExpressionStmt | SendStmt | IncDecStmt | Assignment | ShortVarDecl ."#,
    ),
    kernel("EmptyStmt", r#"."#),
    kernel("LabeledStmt", r#"Label ":" Statement ."#),
    kernel("Label", r#"identifier ."#),
    kernel("ExpressionStmt", r#"Expression ."#),
    refused("SendStmt", r#"Channel "<-" Expression ."#, "GB0302"),
    refused("Channel", r#"Expression ."#, "GB0302"),
    kernel("IncDecStmt", r#"Expression ( "++" | "--" ) ."#),
    kernel("Assignment", r#"ExpressionList assign_op ExpressionList ."#),
    kernel("assign_op", r#"[ add_op | mul_op ] "=" ."#),
    kernel("IfStmt", r#""if" [ SimpleStmt ";" ] Expression Block [ "else" ( IfStmt | Block ) ] ."#),
    kernel("SwitchStmt", r#"ExprSwitchStmt | TypeSwitchStmt ."#),
    kernel("ExprSwitchStmt", r#""switch" [ SimpleStmt ";" ] [ Expression ] "{" { ExprCaseClause } "}" ."#),
    kernel("ExprCaseClause", r#"ExprSwitchCase ":" StatementList ."#),
    kernel("ExprSwitchCase", r#""case" ExpressionList | "default" ."#),
    refused(
        "TypeSwitchStmt",
        r#""switch" [ SimpleStmt ";" ] TypeSwitchGuard "{" { TypeCaseClause } "}" ."#,
        "GB0303",
    ),
    refused("TypeSwitchGuard", r#"[ identifier ":=" ] PrimaryExpr "." "(" "type" ")" ."#, "GB0303"),
    refused("TypeCaseClause", r#"TypeSwitchCase ":" StatementList ."#, "GB0303"),
    refused("TypeSwitchCase", r#""case" TypeList | "default" ."#, "GB0303"),
    kernel("ForStmt", r#""for" [ Condition | ForClause | RangeClause ] Block ."#),
    kernel("Condition", r#"Expression ."#),
    kernel("ForClause", r#"[ InitStmt ] ";" [ Condition ] ";" [ PostStmt ] ."#),
    kernel("InitStmt", r#"SimpleStmt ."#),
    kernel("PostStmt", r#"SimpleStmt ."#),
    kernel("RangeClause", r#"[ ExpressionList "=" | IdentifierList ":=" ] "range" Expression ."#),
    refused("GoStmt", r#""go" Expression ."#, "GB0301"),
    refused("SelectStmt", r#""select" "{" { CommClause } "}" ."#, "GB0302"),
    refused("CommClause", r#"CommCase ":" StatementList ."#, "GB0302"),
    refused("CommCase", r#""case" ( SendStmt | RecvStmt ) | "default" ."#, "GB0302"),
    refused("RecvStmt", r#"[ ExpressionList "=" | IdentifierList ":=" ] RecvExpr ."#, "GB0302"),
    refused("RecvExpr", r#"Expression ."#, "GB0302"),
    kernel("ReturnStmt", r#""return" [ ExpressionList ] ."#),
    kernel("BreakStmt", r#""break" [ Label ] ."#),
    kernel("ContinueStmt", r#""continue" [ Label ] ."#),
    kernel("GotoStmt", r#""goto" Label ."#),
    kernel("FallthroughStmt", r#""fallthrough" ."#),
    kernel("DeferStmt", r#""defer" Expression ."#),
    kernel("SourceFile", r#"PackageClause ";" { ImportDecl ";" } { TopLevelDecl ";" } ."#),
    kernel("PackageClause", r#""package" PackageName ."#),
    kernel("PackageName", r#"identifier ."#),
    kernel("ImportDecl", r#""import" ( ImportSpec | "(" { ImportSpec ";" } ")" ) ."#),
    kernel("ImportSpec", r#"[ "." | PackageName ] ImportPath ."#),
    kernel("ImportPath", r#"string_lit ."#),
];

/// What of a production that is compiled is not: the production, what, and the code with a page about it.
pub const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("float_lit", "only in constants: no values", "GB0305"),
    ("FunctionType", "only where the function is known when compiling", "GB0304"),
    ("InterfaceType", "only as a constraint", "GB0303"),
    ("MethodElem", "only in a constraint", "GB0303"),
    ("MapType", "only of package variables that are BPF maps", "GB0311"),
    ("FunctionDecl", "not recursive ones", "GB0307"),
    ("FunctionLit", "only where the function is known when compiling", "GB0304"),
    ("binary_op", "not `+` of strings that are not constant", "GB0308"),
    ("DeferStmt", "not in loops", "GB0309"),
    ("ImportSpec", "not packages of native Go", "GB0312"),
];
