// The forms that tools/checks/coroutines.py checks, marked with the behavior of g++ 12.2.
//
//   // twice     destroyed twice: both stages must report the line
//   // harmless  the fast stage reports it, clang-query must clear it
//   no mark      neither stage may report it
//
// This is a complete program, so that the marks can be checked with any compiler:
//   g++ -std=c++20 tests/checks/examples/coroutine_temporaries.cpp -o /tmp/shapes && /tmp/shapes
#include <array>
#include <coroutine>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

// Counts double destructions. It never frees `alive`, so that a second destruction is detected.
int twice = 0;
struct Owner {
    bool* alive = new bool(true);
    Owner() = default;
    Owner(const Owner&) {}
    Owner& operator=(const Owner&) { return *this; }
    ~Owner() {
        twice += *alive ? 0 : 1;
        *alive = false;
    }
};

// A coroutine that starts immediately and never suspends: the defect does not depend on suspension.
template <class Value>
struct awaitable {
    struct promise_type {
        std::optional<Value> value;
        awaitable get_return_object() { return awaitable(this); }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_value(Value given) { value.emplace(std::move(given)); }
        void unhandled_exception() { std::terminate(); }
    };
    promise_type* promise;
    explicit awaitable(promise_type* made) : promise(made) {}
    bool await_ready() { return true; }
    void await_suspend(std::coroutine_handle<>) {}
    Value await_resume() { return std::move(*promise->value); }
};

struct Aggregate {
    Owner owner;
    int number = 0;
};
struct Nested {
    Aggregate inner;
};
struct Numbers {
    int first = 0;
    int second = 0;
};
struct WithConstructor {
    Owner owner;
    int number;
    WithConstructor(Owner given, int count) : owner(std::move(given)), number(count) {}
};

awaitable<int> one() {
    co_return 1;
}
awaitable<int> take(Aggregate) {
    co_return 1;
}
awaitable<int> take_reference(const Aggregate&) {
    co_return 1;
}
awaitable<int> take_array(std::array<Owner, 2>) {
    co_return 1;
}
awaitable<int> take_optional(std::optional<Aggregate>) {
    co_return 1;
}
awaitable<int> take_constructed(WithConstructor) {
    co_return 1;
}
awaitable<int> take_numbers(Numbers) {
    co_return 1;
}
awaitable<int> take_pair(std::pair<Owner, int>) {
    co_return 1;
}
template <class Function>
awaitable<int> call(Function function) {
    function();
    co_return 1;
}
int with(int number, const Aggregate&) {
    return number;
}
Aggregate made() {
    return {Owner(), 1};
}

// ------------------------------------------------------------------------------- destroyed twice
awaitable<int> braces() {
    co_return co_await take({Owner(), 1});  // twice
}
awaitable<int> designated() {
    co_return co_await take({.owner = Owner(), .number = 1});  // twice
}
awaitable<int> named_type() {
    co_return co_await take(Aggregate{Owner(), 1});  // twice
}
awaitable<int> empty_braces() {
    co_return co_await take({});  // twice
}
awaitable<int> to_reference() {
    co_return co_await take_reference({Owner(), 1});  // twice
}
awaitable<int> inside_optional() {
    co_return co_await take_optional(Aggregate{Owner(), 1});  // twice
}
awaitable<int> array() {
    co_return co_await take_array({Owner(), Owner()});  // twice
}
awaitable<int> nested() {
    co_return co_await take(Nested{{Owner(), 1}}.inner);  // twice
}
awaitable<int> co_returned() {
    co_return std::get<0>(
        std::tuple<int, Aggregate>(1, Aggregate{Owner(), co_await one()}));  // twice
}
awaitable<int> variable() {
    Aggregate variable{Owner(), co_await one()};  // twice
    co_return variable.number;
}
awaitable<int> assigned() {
    Aggregate variable;
    variable = {Owner(), co_await one()};  // twice
    co_return variable.number;
}
awaitable<int> pushed_back() {
    std::vector<Aggregate> rows;
    rows.push_back(Aggregate{Owner(), co_await one()});  // twice
    co_return 1;
}
awaitable<int> neighbour() {
    co_return with(co_await one(), Aggregate{Owner(), 1});  // twice
}
awaitable<int> condition() {
    if (with(co_await one(), {Owner(), 1}) == 0) {  // twice
        co_return 0;
    }
    co_return 1;
}
awaitable<int> over_two_lines() {
    co_return co_await take({.owner = Owner(),  // twice
                             .number = 1});
}
awaitable<int> closure_copies() {
    Owner owner;
    co_return co_await call([owner] {});  // twice
}
awaitable<int> closure_initialises() {
    co_return co_await call([owner = Owner()] {});  // twice
}
awaitable<int> closure_copies_all() {
    Owner owner;
    co_return co_await call([=] { return owner.alive; });  // twice
}
awaitable<int> closure_called() {
    Owner owner;
    co_return co_await [owner]() {  // twice
        return one();
    }();
}
awaitable<int> closure_beside_references() {
    Owner owner;
    int number = 1;
    co_return co_await call([&number, owner] { number = 2; });  // twice
}

// ------------------------------------------------------------------------------- destroyed once
awaitable<int> named_above() {
    Aggregate variable{Owner(), 1};
    co_return co_await take(std::move(variable));
}
awaitable<int> from_a_function() {
    co_return co_await take(made());
}
awaitable<int> constructor() {
    co_return co_await take_constructed(WithConstructor(Owner(), 1));
}
awaitable<int> constructor_braces() {
    co_return co_await take_constructed({Owner(), 1});  // harmless
}
awaitable<int> pair_braces() {
    co_return co_await take_pair({Owner(), 1});  // harmless
}
awaitable<int> only_numbers() {
    co_return co_await take_numbers({1, 2});  // harmless
}
awaitable<int> closure_of_references() {
    Owner owner;
    co_return co_await call([&owner] { owner = Owner(); });
}
awaitable<int> closure_of_numbers() {
    int number = 1;
    co_return co_await call([number] { (void)number; });  // harmless
}
awaitable<int> closure_named_above() {
    Owner owner;
    auto closure = [owner] {
    };
    co_return co_await call(closure);
}
awaitable<int> lambda_with_arguments() {
    auto inner = [](Owner owner) -> awaitable<int> {
        Aggregate variable{std::move(owner), 1};
        co_return co_await take(std::move(variable));
    };
    co_return co_await inner(Owner());
}
awaitable<int> loop_over_braces() {
    for (const Owner& owner : std::array<Owner, 1>{Owner()}) {
        co_await one();
        (void)owner;
    }
    co_return 1;
}

void report(const char* name, awaitable<int> (*shape)()) {
    std::fflush(stdout);
    const pid_t child = fork();  // some shapes end in a crash
    if (child == 0) {
        shape();
        _exit(twice > 0 ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::printf("%-28s %s\n", name, status == 0 ? "once" : "twice");
}

#define REPORT(shape) report(#shape, shape)

int main() {
    REPORT(braces);
    REPORT(designated);
    REPORT(named_type);
    REPORT(empty_braces);
    REPORT(to_reference);
    REPORT(inside_optional);
    REPORT(array);
    REPORT(nested);
    REPORT(co_returned);
    REPORT(variable);
    REPORT(assigned);
    REPORT(pushed_back);
    REPORT(neighbour);
    REPORT(condition);
    REPORT(over_two_lines);
    REPORT(closure_copies);
    REPORT(closure_initialises);
    REPORT(closure_copies_all);
    REPORT(closure_called);
    REPORT(closure_beside_references);
    REPORT(named_above);
    REPORT(from_a_function);
    REPORT(constructor);
    REPORT(constructor_braces);
    REPORT(pair_braces);
    REPORT(only_numbers);
    REPORT(closure_of_references);
    REPORT(closure_of_numbers);
    REPORT(closure_named_above);
    REPORT(lambda_with_arguments);
    REPORT(loop_over_braces);
}
