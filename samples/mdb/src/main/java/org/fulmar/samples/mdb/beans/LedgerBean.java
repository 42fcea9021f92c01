package org.fulmar.samples.mdb.beans;

import jakarta.annotation.Resource;
import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.EJBException;
import jakarta.ejb.MessageDriven;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Keeps a ledger of what is told on the topic. Its subscription is durable: it misses nothing while it is away. */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Topic"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "order-events"),
            @ActivationConfigProperty(propertyName = "subscriptionDurability", propertyValue = "Durable"),
            @ActivationConfigProperty(propertyName = "clientId", propertyValue = "ledger"),
            @ActivationConfigProperty(propertyName = "subscriptionName", propertyValue = "ledger")
        })
public class LedgerBean implements MessageListener {
    @Resource(lookup = "java:/jdbc/Orders")
    private DataSource database;

    @Resource(lookup = "java:/fulmar/ConnectionFactory")
    private ConnectionFactory factory;

    @Override
    public void onMessage(Message event) {
        try (Connection connection = database.getConnection();
                PreparedStatement insert = connection.prepareStatement("insert into ledger (id) values (?)");
                JMSContext context = factory.createContext()) {
            String id = event.getBody(String.class);
            insert.setString(1, id);
            insert.executeUpdate();
            context.createProducer().send(context.createQueue("entries"), id);
        } catch (JMSException | SQLException e) {
            throw new EJBException(e);
        }
    }
}
