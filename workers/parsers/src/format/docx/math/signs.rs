//! What LaTeX calls the signs of formulas.

pub(super) const FUNCTIONS: [&str; 20] = [
    "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "log",
    "ln", "exp", "lim", "min", "max", "det", "gcd",
];

const SIGNS: [(char, &str); 62] = [
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('ε', "varepsilon"),
    ('ϵ', "epsilon"),
    ('ζ', "zeta"),
    ('η', "eta"),
    ('θ', "theta"),
    ('ι', "iota"),
    ('κ', "kappa"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('ν', "nu"),
    ('ξ', "xi"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('σ', "sigma"),
    ('τ', "tau"),
    ('υ', "upsilon"),
    ('φ', "varphi"),
    ('ϕ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
    ('Γ', "Gamma"),
    ('Δ', "Delta"),
    ('Θ', "Theta"),
    ('Λ', "Lambda"),
    ('Ξ', "Xi"),
    ('Π', "Pi"),
    ('Σ', "Sigma"),
    ('Φ', "Phi"),
    ('Ψ', "Psi"),
    ('Ω', "Omega"),
    ('∞', "infty"),
    ('×', "times"),
    ('÷', "div"),
    ('±', "pm"),
    ('∓', "mp"),
    ('⋅', "cdot"),
    ('·', "cdot"),
    ('≤', "leq"),
    ('≥', "geq"),
    ('≠', "neq"),
    ('≈', "approx"),
    ('≡', "equiv"),
    ('∈', "in"),
    ('∉', "notin"),
    ('⊂', "subset"),
    ('⊆', "subseteq"),
    ('∪', "cup"),
    ('∩', "cap"),
    ('∅', "varnothing"),
    ('∀', "forall"),
    ('∃', "exists"),
    ('∂', "partial"),
    ('∇', "nabla"),
    ('→', "rightarrow"),
    ('⇒', "Rightarrow"),
    ('…', "ldots"),
    ('⋯', "cdots"),
];

const LARGE: [(&str, &str); 12] = [
    ("∑", "sum"),
    ("∏", "prod"),
    ("∐", "coprod"),
    ("∫", "int"),
    ("∬", "iint"),
    ("∭", "iiint"),
    ("∮", "oint"),
    ("⋃", "bigcup"),
    ("⋂", "bigcap"),
    ("⋁", "bigvee"),
    ("⋀", "bigwedge"),
    ("⨁", "bigoplus"),
];

/// Characters of a formula as LaTeX. Letters of mathematical alphabets are plain ones.
pub(super) fn tex(text: &str) -> String {
    let mut tex = String::with_capacity(text.len());
    let mut command = false;
    for character in text.chars() {
        let sign = SIGNS.iter().find(|(sign, _)| *sign == character);
        if command && character.is_alphabetic() && sign.is_none() {
            tex.push(' ');
        }
        command = sign.is_some();
        match (sign, character) {
            (Some((_, name)), _) => tex.extend(['\\'].into_iter().chain(name.chars())),
            (None, '{' | '}' | '%' | '&' | '#' | '$' | '_') => tex.extend(['\\', character]),
            (None, '\\') => tex.push_str("\\backslash "),
            (None, '−') => tex.push('-'),
            (None, _) => tex.push(character),
        }
    }
    tex
}

pub(super) fn large(sign: &str) -> String {
    match LARGE.iter().find(|(large, _)| *large == sign) {
        Some((_, name)) => format!("\\{name}"),
        None => sign.to_owned(),
    }
}

/// The command for a combining mark.
pub(super) fn accent(mark: &str) -> &'static str {
    match mark {
        "\u{303}" => "widetilde",
        "\u{304}" | "\u{305}" | "¯" => "overline",
        "\u{307}" => "dot",
        "\u{308}" => "ddot",
        "\u{20d7}" | "→" => "overrightarrow",
        "\u{30c}" => "check",
        "\u{301}" => "acute",
        "\u{300}" => "grave",
        _ => "widehat",
    }
}
