// SPDX-License-Identifier: Apache-2.0
#include "io/aws/command_words.hpp"

namespace keyferry::io {

namespace {

/// Parses one command, character by character.
class WordReader {
  public:
    void read(char c) {
        if (escaped_) {
            read_escaped(c);
        } else if (quote_ != '\0') {
            read_quoted(c);
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            end_word();
        } else {
            is_word_ = true;
            if (c == '\'' || c == '"') {
                quote_ = c;
            } else if (c == '\\') {
                escaped_ = true;
            } else {
                word_.push_back(c);
            }
        }
    }

    Parsed<std::vector<std::string>> end() {
        if (quote_ != '\0') {
            return ParseProblem{std::string("the command has an unterminated ") + quote_};
        }
        if (escaped_) {
            return ParseProblem{"the command ends with a backslash"};
        }
        end_word();
        if (words_.empty() || words_.front().empty()) {
            return ParseProblem{"the command is empty"};
        }
        return std::move(words_);
    }

  private:
    void read_escaped(char c) {
        // In double quotes, a backslash before any other character is literal.
        if (quote_ == '"' && c != '"' && c != '\\') {
            word_.push_back('\\');
        }
        word_.push_back(c);
        escaped_ = false;
    }
    void read_quoted(char c) {
        if (c == quote_) {
            quote_ = '\0';
        } else if (c == '\\' && quote_ == '"') {
            escaped_ = true;
        } else {
            word_.push_back(c);
        }
    }
    void end_word() {
        if (is_word_) {
            words_.push_back(std::move(word_));
        }
        word_.clear();
        is_word_ = false;
    }

    std::vector<std::string> words_;
    std::string word_;
    bool is_word_ = false;  ///< '' is also a word
    bool escaped_ = false;
    char quote_ = '\0';
};

}  // namespace

Parsed<std::vector<std::string>> command_words(std::string_view command) {
    WordReader reader;
    for (const char c : command) {
        reader.read(c);
    }
    return reader.end();
}

}  // namespace keyferry::io
