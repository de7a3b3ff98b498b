// Two more forms that g++ 12.2 destroys twice and that clang-query-14 cannot detect: aggregates in
// parentheses, which are an error for clang 14, and default arguments, which it does not examine.
// Only the fast stage of tools/checks/coroutines.py reports them.
#include <string>
#include <utility>

template <class Value>
struct awaitable;

struct Options {
    std::string name;
    int count = 0;
};
struct Constructed {
    Constructed(std::string name, int count);
};

awaitable<int> take(Options);
awaitable<int> take_constructed(Constructed);
awaitable<int> take_by_default(int, Options = {});                  // twice
awaitable<int> take_named_default(int, Options = Options{"x", 1});  // twice
awaitable<int> take_number_by_default(int = 0);

awaitable<int> parentheses() {
    co_return co_await take(Options("x", 1));  // twice
}
awaitable<int> moved(Options options) {
    co_return co_await take(Options(std::move(options)));
}
awaitable<int> constructor() {
    co_return co_await take_constructed(Constructed("x", 1));
}
