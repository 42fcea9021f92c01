package org.fulmar.broker.filter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pattern of LIKE, cut at its {@code %} into pieces that must come one after the other. Characters are code points.
 * Time is linear in the text and the pattern, except for pieces with {@code _} between two {@code %}: there each
 * character that is looked at again is charged again. Immutable.
 */
final class LikePattern {
    /** Stands for any character in a piece. */
    private static final int ANY = -1;
    /** No escape character. */
    static final int NONE = -1;

    /** @param borders per prefix, the length of its longest proper border; null if the piece has {@code _} */
    private record Piece(int[] characters, int @Nullable [] borders) {}

    private final List<Piece> pieces;

    private LikePattern(List<Piece> pieces) {
        this.pieces = pieces;
    }

    /**
     * @param escape the code point before which a character stands for itself, or {@link #NONE}
     * @throws IllegalArgumentException if the pattern ends in the escape character
     */
    static LikePattern of(String pattern, int escape) {
        int[] characters = codePoints(pattern);
        int[] piece = new int[characters.length];
        int length = 0;
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < characters.length; i++) {
            int c = characters[i];
            if (c == escape) {
                if (++i == characters.length) {
                    throw new IllegalArgumentException("the pattern ends in its escape character");
                }
                piece[length++] = characters[i];
            } else if (c == '%') {
                pieces.add(piece(Arrays.copyOf(piece, length)));
                length = 0;
            } else {
                piece[length++] = c == '_' ? ANY : c;
            }
        }
        pieces.add(piece(Arrays.copyOf(piece, length)));
        return new LikePattern(pieces);
    }

    /** A pattern of a text that stands for itself, with a {@code %} before it, behind it, or both. */
    static LikePattern ofText(String text, boolean openStart, boolean openEnd) {
        List<Piece> pieces = new ArrayList<>();
        if (openStart) {
            pieces.add(piece(new int[0]));
        }
        pieces.add(piece(codePoints(text)));
        if (openEnd) {
            pieces.add(piece(new int[0]));
        }
        return new LikePattern(pieces);
    }

    private static Piece piece(int[] characters) {
        for (int c : characters) {
            if (c == ANY) {
                return new Piece(characters, null);
            }
        }
        int[] borders = new int[characters.length];
        int border = 0;
        for (int i = 1; i < characters.length; i++) {
            while (border > 0 && characters[i] != characters[border]) {
                border = borders[border - 1];
            }
            if (characters[i] == characters[border]) {
                border++;
            }
            borders[i] = border;
        }
        return new Piece(characters, borders);
    }

    /** Gives up, with any answer, once the evaluation is exhausted. */
    boolean matches(String value, Evaluation evaluation) {
        evaluation.look(value.length());
        if (evaluation.exhausted()) {
            return false;
        }
        int[] text = codePoints(value);
        int[] first = pieces.get(0).characters();
        if (pieces.size() == 1) {
            return text.length == first.length && isAt(first, text, 0);
        }
        int[] last = pieces.get(pieces.size() - 1).characters();
        int end = text.length - last.length;
        if (first.length > end || !isAt(first, text, 0) || !isAt(last, text, end)) {
            return false;
        }
        int at = first.length;
        for (int i = 1; i < pieces.size() - 1; i++) {
            Piece piece = pieces.get(i);
            evaluation.look(1);
            int found = piece.borders() == null
                    ? searchEach(piece.characters(), text, at, end, evaluation)
                    : search(piece.characters(), piece.borders(), text, at, end);
            if (found < 0) {
                return false;
            }
            at = found + piece.characters().length;
        }
        return true;
    }

    private static boolean isAt(int[] piece, int[] text, int at) {
        for (int i = 0; i < piece.length; i++) {
            if (piece[i] != ANY && piece[i] != text[at + i]) {
                return false;
            }
        }
        return true;
    }

    /** Knuth, Morris and Pratt's search: never goes back in the text, so all pieces together go through it once. */
    private static int search(int[] piece, int[] borders, int[] text, int from, int to) {
        int matched = 0;
        if (piece.length == 0) {
            return from;
        }
        for (int i = from; i < to; i++) {
            while (matched > 0 && text[i] != piece[matched]) {
                matched = borders[matched - 1];
            }
            if (text[i] == piece[matched]) {
                matched++;
            }
            if (matched == piece.length) {
                return i + 1 - matched;
            }
        }
        return -1;
    }

    private static int searchEach(int[] piece, int[] text, int from, int to, Evaluation evaluation) {
        for (int start = from; start <= to - piece.length && !evaluation.exhausted(); start++) {
            int i = 0;
            while (i < piece.length && (piece[i] == ANY || piece[i] == text[start + i])) {
                i++;
            }
            evaluation.look(i + 1L);
            if (i == piece.length) {
                return start;
            }
        }
        return -1;
    }

    private static int[] codePoints(String text) {
        int[] found = new int[text.length()];
        int count = 0;
        for (int i = 0; i < text.length(); count++) {
            int c = text.codePointAt(i);
            found[count] = c;
            i += Character.charCount(c);
        }
        return count == found.length ? found : Arrays.copyOf(found, count);
    }
}
