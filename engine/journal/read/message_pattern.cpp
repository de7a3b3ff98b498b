// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/message_pattern.hpp"

#include "io/names/account_id.hpp"
#include "io/names/region.hpp"

#include <algorithm>
#include <cassert>

namespace keyferry::engine {
namespace {

constexpr std::string_view kDelimiters = " \t\n\"'`,;()[]{}<>=";
constexpr std::string_view kEndOfSentence = ".:!?";

bool has_digit(std::string_view word) {
    return word.find_first_of("0123456789") != std::string_view::npos;
}

/// 8-4-4-4-12 hexadecimal digits.
bool is_request_id(std::string_view word) {
    constexpr std::string_view kForm = "00000000-0000-0000-0000-000000000000";
    return word.size() == kForm.size() &&
           std::equal(word.begin(), word.end(), kForm.begin(), [](char character, char form) {
               return form == '-' ? character == '-'
                                  : std::string_view("0123456789abcdefABCDEF").find(character) !=
                                        std::string_view::npos;
           });
}

std::string_view placeholder_of(std::string_view word) {
    if (word.starts_with("arn:")) {
        return "<ARN>";
    }
    if (word.starts_with("mrk-")) {
        return "<key ID>";
    }
    if (is_request_id(word)) {
        return "<ID>";
    }
    if (io::AccountId::parse(word)) {
        return "<account>";
    }
    if (io::Region::parse(word)) {
        return "<Region>";
    }
    return "<...>";
}

}  // namespace

MessagePattern::MessagePattern(std::string_view message) {
    while (!message.empty()) {
        const std::size_t end = std::min(message.find_first_of(kDelimiters), message.size());
        std::string_view word = message.substr(0, end);
        word = word.substr(0, word.find_last_not_of(kEndOfSentence) + 1);
        if (has_digit(word)) {
            const std::string_view placeholder = placeholder_of(word);
            words_.push_back(Word{form_.size(), placeholder.size(), std::string(word)});
            form_ += placeholder;
        } else {
            form_ += word;
        }
        // The punctuation after the word and the delimiter.
        const std::size_t next = std::min(end + 1, message.size());
        form_ += message.substr(word.size(), next - word.size());
        message.remove_prefix(next);
    }
}

void MessagePattern::merge(const MessagePattern& other) {
    assert(form_ == other.form_);
    for (std::size_t index = 0; index < words_.size(); ++index) {
        if (words_[index].value != other.words_[index].value) {
            words_[index].value.clear();
        }
    }
}

std::string MessagePattern::text() const {
    std::string text;
    std::size_t begin = 0;
    for (const Word& word : words_) {
        text.append(form_, begin, word.begin - begin);
        begin = word.begin + word.size;
        text += word.value.empty() ? form_.substr(word.begin, word.size) : word.value;
    }
    return text.append(form_, begin);
}

}  // namespace keyferry::engine
