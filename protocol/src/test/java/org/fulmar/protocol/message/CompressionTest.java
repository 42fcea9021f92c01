package org.fulmar.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {
    private static byte[] content(int length, boolean random) {
        byte[] content = new byte[length];
        if (random) {
            new Random(length).nextBytes(content);
        } else {
            Arrays.fill(content, (byte) 'x');
        }
        return content;
    }

    @ParameterizedTest
    @EnumSource
    void everyBodyComesBack(Compression compression) throws IOException {
        for (int length : new int[] {0, 1, 2, 100, 4096, 65_535, 65_536, 1 << 20, 5_000_000}) {
            for (boolean random : new boolean[] {false, true}) {
                byte[] body = content(length, random);
                byte[] packed = compression.compress(body);
                assertThat(Arrays.equals(compression.decompress(packed, length + 1), body))
                        .isTrue();
                assertThat(Arrays.equals(compression.decompress(packed, length), body))
                        .as("%d bytes with exactly that limit", length)
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSysFlagNamesTheCompression(Compression compression) throws IOException {
        int sysFlag = compression.sysFlagBits();
        assertThat(sysFlag & SysFlag.COMPRESSED).isEqualTo(SysFlag.COMPRESSED);
        assertThat(Compression.ofSysFlag(sysFlag)).isEqualTo(compression);
        assertThat(Compression.ofSysFlag(sysFlag | SysFlag.TRANSACTION_COMMIT | SysFlag.BORN_HOST_V6 | 1 << 11))
                .isEqualTo(compression);
    }

    @Test
    void theNumbersAreThoseOfRocketMq() {
        assertThat(Compression.ZLIB_LEGACY.sysFlagBits()).isEqualTo(0x001);
        assertThat(Compression.LZ4.sysFlagBits()).isEqualTo(0x101);
        assertThat(Compression.ZSTD.sysFlagBits()).isEqualTo(0x201);
        assertThat(Compression.ZLIB.sysFlagBits()).isEqualTo(0x301);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 6, 7})
    void anUnknownCompressionIsRefused(int number) {
        assertThatThrownBy(() -> Compression.ofSysFlag(number << 8)).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @EnumSource
    void aBombIsRefusedAtTheLimit(Compression compression) throws IOException {
        byte[] bomb = compression.compress(new byte[64 << 20]);
        assertThat(bomb.length).isLessThan(4 << 20);
        for (int limit : new int[] {0, 1, 1000, 1 << 20}) {
            assertThatThrownBy(() -> compression.decompress(bomb, limit))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("more than " + limit + " bytes");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBodyThatWasCutIsRefused(Compression compression) throws IOException {
        byte[] packed = compression.compress(content(3000, true));
        for (int cut = 1; cut < packed.length; cut += 1 + cut / 40) {
            byte[] part = Arrays.copyOf(packed, cut);
            assertThatThrownBy(() -> compression.decompress(part, 1 << 20))
                    .as("the first %d of %d bytes", part.length, packed.length)
                    .isInstanceOf(IOException.class);
        }
        byte[] part = Arrays.copyOf(packed, packed.length - 1);
        assertThatThrownBy(() -> compression.decompress(part, 1 << 20)).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @EnumSource
    void hostileBytesGiveAnIoExceptionOrNoMoreThanTheLimit(Compression compression) throws IOException {
        Random random = new Random(12);
        byte[] packed = compression.compress(content(400, false));
        for (int i = 0; i < 5_000; i++) {
            byte[] hostile;
            if (random.nextInt(4) == 0) {
                hostile = new byte[random.nextInt(60)];
                random.nextBytes(hostile);
            } else {
                hostile = packed.clone();
                for (int change = 0; change <= random.nextInt(3); change++) {
                    hostile[random.nextInt(hostile.length)] = (byte) random.nextInt();
                }
            }
            try {
                assertThat(compression.decompress(hostile, 10_000).length).isLessThanOrEqualTo(10_000);
            } catch (IOException refused) {
                assertThat(refused).isNotNull();
            } catch (RuntimeException e) {
                throw new AssertionError("input " + i + ": " + Arrays.toString(hostile), e);
            }
        }
    }
}
