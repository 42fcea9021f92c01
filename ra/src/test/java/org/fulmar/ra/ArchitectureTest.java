package org.fulmar.ra;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which way the adapter's dependencies run. */
@Timeout(60)
class ArchitectureTest {
    private static final JavaClasses ADAPTER = new ClassFileImporter()
            .importUrl(FulmarResourceAdapter.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation());

    @Test
    void theAdapterKnowsTheClientAlone() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.fulmar.broker..", "org.fulmar.nameserver..", "org.fulmar.protocol.transport..")
                .check(ADAPTER);
    }

    @Test
    void inboundAndOutboundDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage("org.fulmar.ra.inbound..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.fulmar.ra.outbound..")
                .check(ADAPTER);
        noClasses()
                .that()
                .resideInAPackage("org.fulmar.ra.outbound..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.fulmar.ra.inbound..")
                .check(ADAPTER);
    }

    @Test
    void threadsAreMadeByThoseWhoOwnThemAlone() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "org.fulmar.ra.outbound..", "org.fulmar.ra.recovery..", "org.fulmar.ra.destination..")
                .should()
                .callConstructor(Thread.class, Runnable.class)
                .orShould()
                .callConstructor(Thread.class, Runnable.class, String.class)
                .check(ADAPTER);
    }
}
