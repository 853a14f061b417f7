//! Builds again after a change of the migrations, which are part of the program.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
