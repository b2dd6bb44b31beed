//! Type arguments that follow from the arguments of a call, or from the type of the variable that a generic function goes to:
//! unification, and what constraints say.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, ExprKind};

use crate::context::{Cx, Mode, Operand};
use crate::error::{InferenceProblem, Why};
use crate::operators::rank;
use crate::symbols::SymbolId;
use crate::ty::{Kind, Signature, Term, Ty, Types};
use crate::unify::{Equality, Unifier};

/// What type arguments are looked for: those of a called function, and those of generic functions among its arguments.
#[derive(Default)]
struct Wanted {
    /// The type parameters, which are those of the declarations or stand for them.
    params: Vec<Ty>,
    /// The functions that have them.
    owners: Vec<SymbolId>,
    /// The type arguments that are written.
    given: Vec<Option<Ty>>,
}

impl Wanted {
    /// The parameters of `owner`, of which `given` are known.
    fn add(&mut self, owner: SymbolId, params: &[Ty], given: &[Ty]) {
        for (index, param) in params.iter().enumerate() {
            self.params.push(*param);
            self.owners.push(owner);
            self.given.push(given.get(index).copied());
        }
    }
}

/// A parameter, and the operand that it gets with the type that it has here.
struct Passed<'o> {
    target: Ty,
    ty: Ty,
    operand: &'o Operand,
}

/// What is wrong, and the operand with which it is wrong, if it is one; or `None` where that has been said.
type Failure = Option<Box<(Option<NodeId>, InferenceProblem)>>;

fn failure(node: Option<NodeId>, problem: InferenceProblem) -> Failure {
    Some(Box::new((node, problem)))
}

/// A generic function among the arguments of a call.
struct GenericArgument {
    /// Which argument.
    index: usize,
    function: SymbolId,
    /// Where its type parameters begin among all.
    start: usize,
    /// Their number.
    count: usize,
}

/// What is looked for in a call.
struct Joint {
    wanted: Wanted,
    /// The parameters of the operands.
    targets: Vec<Option<Ty>>,
    /// The types of the operands.
    types: Vec<Ty>,
    generic: Vec<GenericArgument>,
    /// How many of the type parameters are those of the called function.
    own: usize,
}

impl<'a> Cx<'_, 'a> {
    /// The instance of the called function, if it is generic, and its operands, generic functions among them as what the
    /// parameters say they are. `None` where type arguments are missing, which has been reported.
    pub fn inferred_call(
        &mut self,
        callee: Option<(&Operand, SymbolId)>,
        (signature, text): (&Signature, &str),
        (arguments, operands): (&'a [ast::Expr], Vec<Operand>),
        expr: &'a ast::Expr,
    ) -> Option<(Option<Operand>, Vec<Operand>)> {
        let is_generic = |operand: &Operand| matches!(operand.mode, Mode::Generic(_));
        if callee.is_none() && !operands.iter().any(is_generic) {
            return Some((None, operands));
        }
        let Joint { wanted, targets, types, generic, own } = self.joint(callee, signature, &operands);
        let all = targets.iter().zip(types).zip(&operands);
        let passed: Vec<Passed<'_>> = all
            .filter_map(|((target, ty), operand)| Some(Passed { target: (*target)?, ty, operand }))
            .collect();
        let inferred = match self.infer(&wanted, &passed, false) {
            Ok(inferred) => inferred,
            Err(failure) => {
                let (node, problem) = *failure?;
                // The place may be that of an argument with an error of its own.
                let place = self.place(node.unwrap_or(expr.id));
                let function = Some(text.to_owned());
                self.ck.another_error(place, Why::NotInferred { function, problem });
                return None;
            }
        };
        let instance = callee.map(|(_, id)| {
            let function = match &expr.kind {
                ExprKind::Call { function, .. } => function,
                _ => expr,
            };
            self.instance_operand(id, inferred.iter().take(own).copied().collect(), &[], function)
        });
        if instance.as_ref().is_some_and(Operand::is_invalid) {
            return None;
        }
        let mut operands = operands;
        for of in generic {
            let (Some(argument), Some(slot)) = (arguments.get(of.index), operands.get_mut(of.index)) else {
                continue;
            };
            let known = inferred.get(of.start..of.start + of.count).unwrap_or_default();
            let instance = self.instance_operand(of.function, known.to_vec(), &[], argument);
            *slot = self.single_value(instance, argument);
        }
        Some((instance, operands))
    }

    /// What is looked for in a call of `callee` with these operands.
    fn joint(
        &mut self,
        callee: Option<(&Operand, SymbolId)>,
        signature: &Signature,
        operands: &[Operand],
    ) -> Joint {
        let mut wanted = Wanted::default();
        let mut targets: Vec<Option<Ty>> =
            (0..operands.len()).map(|index| self.target_of(signature, index)).collect();
        if let Some((operand, id)) = callee {
            let params = self.ck.type_params(id);
            let recurs = operands.iter().any(|operand| {
                matches!(operand.mode, Mode::Generic(other) if other == id)
                    || params.iter().any(|param| self.ck.mentions(operand.ty, *param))
            });
            let own = if recurs { self.ck.copied_params(&params, None) } else { params.clone() };
            if recurs {
                let targets = targets.iter_mut().flatten();
                targets.for_each(|target| *target = self.ck.substitute(*target, &params, &own));
            }
            wanted.add(id, &own, &operand.instance);
        }
        let own = wanted.params.len();
        let mut types: Vec<Ty> = operands.iter().map(|operand| operand.ty).collect();
        let mut generic: Vec<GenericArgument> = Vec::new();
        for (index, (operand, ty)) in operands.iter().zip(&mut types).enumerate() {
            let Mode::Generic(function) = operand.mode else { continue };
            let params = self.ck.type_params(function);
            let copies = self.ck.copied_params(&params, None);
            *ty = self.ck.renamed_signature(*ty, &params, &copies);
            generic.push(GenericArgument {
                index,
                function,
                start: wanted.params.len(),
                count: copies.len(),
            });
            wanted.add(function, &copies, &operand.instance);
        }
        Joint { wanted, targets, types, generic, own }
    }

    /// The generic function `id`, which is `operand`, with the type arguments that follow from those that are written.
    pub fn partial_instance(&mut self, id: SymbolId, operand: &Operand, expr: &'a ast::Expr) -> Operand {
        let (params, mut wanted) = (self.ck.type_params(id), Wanted::default());
        wanted.add(id, &params, &operand.instance);
        match self.infer(&wanted, &[], false) {
            Ok(inferred) => self.instance_operand(id, inferred, &[], expr),
            Err(failure) => {
                if let Some(failure) = failure {
                    let problem = failure.1;
                    self.error(operand.node, Why::NotInferred { function: None, problem });
                }
                self.invalid(expr)
            }
        }
    }

    /// `value` as a single value; a generic function with the type arguments that `target`, the type of the variable
    /// `name`, says.
    pub fn value_for(&mut self, value: &'a ast::Expr, target: Ty, name: &str) -> Operand {
        let operand = self.raw_expr(value);
        let (Mode::Generic(id), Kind::Func(_)) = (&operand.mode, self.ck.types.under(target)) else {
            return self.single_value(operand, value);
        };
        let id = *id;
        let (params, mut wanted) = (self.ck.type_params(id), Wanted::default());
        let copies = self.ck.copied_params(&params, None);
        wanted.add(id, &copies, &operand.instance);
        let own = self.ck.substitute(operand.ty, &params, &copies);
        let target = self.ck.types.underlying(target);
        let variable = Operand { ty: target, text: name.to_owned(), mode: Mode::Value, ..operand.clone() };
        let passed = Passed { target: own, ty: target, operand: &variable };
        match self.infer(&wanted, &[passed], true) {
            Ok(inferred) => {
                let instance = self.instance_operand(id, inferred, &[], value);
                self.single_value(instance, value)
            }
            Err(failure) => {
                if let Some(failure) = failure {
                    let problem = failure.1;
                    self.error(operand.node, Why::NotInferred { function: None, problem });
                }
                self.invalid(value)
            }
        }
    }

    /// The type arguments that are wanted, by the types of what is passed and by constraints. With `reverse` it is a variable
    /// that is passed.
    fn infer(&mut self, wanted: &Wanted, passed: &[Passed<'_>], reverse: bool) -> Result<Vec<Ty>, Failure> {
        if let Some(all) = wanted.given.iter().copied().collect() {
            return Ok(all);
        }
        if passed.iter().any(|passed| passed.operand.is_invalid()) {
            return Err(None);
        }
        let mut unifier = Unifier::new(wanted.params.clone(), wanted.given.clone());
        let given = unifier.known();
        let mut untyped: Vec<(usize, &Operand)> = Vec::new();
        for Passed { target, ty, operand } in passed {
            let target = self.ck.substitute(*target, &wanted.params, &given);
            let is_wanted = |ty: Ty| wanted.params.iter().any(|param| self.ck.mentions(ty, *param));
            if !is_wanted(target) && !is_wanted(*ty) {
                continue;
            }
            if !self.ck.types.is_untyped(*ty) {
                if !self.ck.unify(&mut unifier, target, *ty, Equality::Assignable) {
                    let problem = self.mismatch(&unifier, (target, *ty), operand, reverse);
                    return Err(failure(Some(operand.node), problem));
                }
            } else if let Some(param) = wanted.params.iter().position(|param| *param == target)
                && !self.ck.types.is_nil(*ty)
            {
                untyped.push((param, operand));
            }
        }
        self.infer_from_constraints(wanted, &mut unifier)?;
        self.infer_from_untyped(&untyped, &mut unifier)?;
        let inferred = self.ck.simplified(&unifier, &wanted.given);
        let mut arguments = Vec::with_capacity(inferred.len());
        for (param, ty) in wanted.params.iter().zip(inferred) {
            let known = ty.filter(|ty| !wanted.params.iter().any(|param| self.ck.mentions(*ty, *param)));
            match known {
                Some(ty) => arguments.push(ty),
                None => {
                    let name = self.display(*param);
                    return Err(failure(None, InferenceProblem::Unknown { name }));
                }
            }
        }
        Ok(arguments)
    }

    /// What to say of `operand`, whose type `ty` is not what `target` can be.
    fn mismatch(
        &mut self,
        unifier: &Unifier,
        (target, ty): (Ty, Ty),
        operand: &Operand,
        reverse: bool,
    ) -> InferenceProblem {
        let text = operand.text.clone();
        let shown = self.display(ty);
        let none = unifier.inferred().iter().all(Option::is_none);
        let params = unifier.params().iter();
        let missing: Vec<String> = params.filter(|_| none).map(|param| self.display(*param)).collect();
        let inferred = self.ck.substitute(target, unifier.params(), &unifier.known());
        let known = (inferred != target).then(|| self.display(inferred));
        let target = self.display(target);
        match (known, reverse) {
            (Some(inferred), true) => InferenceProblem::Reverse { inferred, operand: shown, text, target },
            (inferred, _) => InferenceProblem::Mismatch { missing, operand: shown, text, inferred, target },
        }
    }

    /// What untyped constants say of parameters that have no type yet: the default type of the largest of them.
    fn infer_from_untyped(
        &mut self,
        untyped: &[(usize, &Operand)],
        unifier: &mut Unifier,
    ) -> Result<(), Failure> {
        let mut largest: Vec<Option<Ty>> = vec![None; unifier.params().len()];
        for (param, operand) in untyped {
            let (None, Some(slot)) = (unifier.at(*param), largest.get_mut(*param)) else { continue };
            *slot = match *slot {
                None => Some(operand.ty),
                Some(known) => match self.ck.types.larger_untyped(known, operand.ty) {
                    Some(larger) => Some(larger),
                    None => {
                        let (left, right) = (self.display(known), self.display(operand.ty));
                        let name = unifier.params().get(*param).map(|param| self.display(*param));
                        let name = name.unwrap_or_default();
                        let problem = InferenceProblem::Untyped { left, right, name };
                        return Err(failure(Some(operand.node), problem));
                    }
                },
            };
        }
        for (param, largest) in largest.into_iter().enumerate() {
            if let Some(ty) = largest {
                unifier.set(param, self.ck.types.default_type(ty));
            }
        }
        Ok(())
    }

    /// The target of the argument with this number.
    fn target_of(&self, signature: &Signature, index: usize) -> Option<Ty> {
        let last = signature.params.len().checked_sub(1)?;
        if !signature.variadic || index < last {
            return signature.params.get(index).copied();
        }
        match self.ck.types.kind(*signature.params.get(last)?) {
            Kind::Slice(element) => Some(*element),
            _ => None,
        }
    }

    /// What the structure and the methods of constraints say: `S ~[]E` gives E where S is known.
    fn infer_from_constraints(&mut self, wanted: &Wanted, unifier: &mut Unifier) -> Result<(), Failure> {
        loop {
            let before = unifier.unknowns();
            for (index, (param, owner)) in wanted.params.iter().zip(&wanted.owners).enumerate() {
                let known = unifier.at(index);
                let core = self.ck.types.core_term(*param).filter(|(core, _)| core.ty != Types::UNKNOWN);
                match (known, core) {
                    (Some(known), Some((core, _)))
                        if !self.ck.unify(unifier, known, core.ty, Equality::Loose) =>
                    {
                        return Err(self.unlike(*owner, *param, known, ""));
                    }
                    (None, Some((core, true))) if !core.tilde => unifier.set(index, core.ty),
                    _ => {}
                }
                let complete =
                    known.filter(|known| !wanted.params.iter().any(|param| self.ck.mentions(*known, *param)));
                if let Some(known) = complete {
                    self.infer_from_methods(*owner, (*param, known), unifier)?;
                }
            }
            if unifier.unknowns() == before {
                return Ok(());
            }
        }
    }

    /// What the methods of a constraint say: where `known` is given for `param`, its methods are those that are demanded.
    fn infer_from_methods(
        &mut self,
        owner: SymbolId,
        (param, known): (Ty, Ty),
        unifier: &mut Unifier,
    ) -> Result<(), Failure> {
        let methods = self.ck.types.param_of(param).map(|info| info.methods.clone()).unwrap_or_default();
        let wrong = methods.into_iter().find(|(name, wanted)| {
            let found = self.ck.method_of_type(known, name);
            !found.is_some_and(|found| self.ck.unify(unifier, *wanted, found, Equality::Exact))
        });
        let Some(wrong) = wrong else { return Ok(()) };
        match self.missing_method(known, &[wrong]) {
            Some(cause) => Err(self.unlike(owner, param, known, &format!(" {cause}"))),
            None if self.embeds_error(known, 0) => Ok(()),
            // Its method has an error, which has been said.
            None => Err(self.unlike(owner, param, known, " (invalid type)")),
        }
    }

    /// `T (type int) does not satisfy C`, and why.
    fn unlike(&mut self, owner: SymbolId, param: Ty, known: Ty, cause: &str) -> Failure {
        let constraint = self.ck.constraint_text(owner, param);
        let (param, known) = (self.display(param), self.display(known));
        let cause = cause.to_owned();
        failure(None, InferenceProblem::Unlike { param, known, constraint, cause })
    }
}

impl crate::checker::Checker<'_> {
    /// What is inferred, with what is inferred of other parameters in it. `given` has what needs no change.
    fn simplified(&mut self, unifier: &Unifier, given: &[Option<Ty>]) -> Vec<Option<Ty>> {
        let params = unifier.params();
        let mut inferred = unifier.inferred();
        let parts = |ck: &Self, ty: Ty| -> Vec<usize> {
            (0..params.len())
                .filter(|index| params.get(*index).is_some_and(|param| ck.mentions(ty, *param)))
                .collect()
        };
        for start in 0..params.len() {
            self.break_circles(start, &mut inferred, &mut Vec::new(), &parts);
        }
        for _ in 0..params.len() {
            let all = params.iter().zip(&inferred);
            let all: Vec<Ty> = all.map(|(param, ty)| ty.unwrap_or(*param)).collect();
            for (slot, given) in inferred.iter_mut().zip(given) {
                if let (Some(ty), None) = (*slot, given) {
                    *slot = Some(self.substitute(ty, params, &all));
                }
            }
        }
        inferred
    }

    /// Forgets what is inferred of a parameter that would be a part of itself.
    fn break_circles(
        &self,
        param: usize,
        inferred: &mut [Option<Ty>],
        way: &mut Vec<usize>,
        parts: &dyn Fn(&Self, Ty) -> Vec<usize>,
    ) {
        let Some(slot) = inferred.get_mut(param) else { return };
        if way.contains(&param) {
            *slot = None;
            return;
        }
        let Some(ty) = *slot else { return };
        way.push(param);
        for part in parts(self, ty) {
            self.break_circles(part, inferred, way, parts);
        }
        way.pop();
    }
}

impl Types {
    /// The type that untyped constants of types `a` and `b` have together.
    fn larger_untyped(&self, a: Ty, b: Ty) -> Option<Ty> {
        if self.identical(a, b) {
            return Some(a);
        }
        let numbers = self.is_numeric(a) && self.is_numeric(b);
        let larger = if rank(self, a) >= rank(self, b) { a } else { b };
        numbers.then_some(larger)
    }

    /// The structure that all types of a constraint have, and whether it is the only one.
    fn core_term(&self, param: Ty) -> Option<(Term, bool)> {
        let terms = self.param_of(param)?.terms.as_ref()?;
        let (first, rest) = terms.split_first()?;
        if rest.is_empty() {
            return Some((*first, true));
        }
        let core = self.underlying(first.ty);
        let same = rest.iter().all(|term| self.identical(self.underlying(term.ty), core));
        same.then(|| (Term { tilde: terms.iter().any(|term| term.tilde), ty: core }, false))
    }
}
