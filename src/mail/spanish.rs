//! The mails in Spanish.

use super::content::Draft;
use super::letter::Letter;

pub(super) fn draft(letter: &Letter) -> Draft {
    let ignored = |what: &str| format!("Si no lo ha pedido usted, no haga caso de este correo: {what}");
    match letter {
        Letter::Invitation { business, inviter, .. } => Draft {
            subject: format!("Invitación a {business}"),
            before: vec![match inviter {
                Some(inviter) => format!("{inviter} le invita a trabajar con {business} en Mostrador."),
                None => format!("Le invitamos a trabajar con {business} en Mostrador."),
            }],
            action: "Aceptar la invitación",
            after: vec![
                "El enlace sirve una sola vez, durante siete días.".into(),
                "Si no conoce a quien le invita, no haga caso de este correo: sin el enlace no se crea ninguna cuenta."
                    .into(),
            ],
        },
        Letter::PasswordReset { business, .. } => Draft {
            subject: format!("Una contraseña nueva para {business}"),
            before: vec![format!(
                "Alguien, probablemente usted, quiere una contraseña nueva para su cuenta en {business}."
            )],
            action: "Elegir una contraseña nueva",
            after: vec![
                "El enlace sirve una sola vez, durante una hora.".into(),
                ignored("su contraseña sigue igual."),
            ],
        },
        Letter::MagicLink { business, .. } => Draft {
            subject: format!("Entrar en {business}"),
            before: vec![format!("Con este enlace entra en {business} sin contraseña.")],
            action: "Entrar",
            after: vec![
                "El enlace sirve una sola vez, durante 15 minutos. No se lo dé a nadie: quien lo tiene es usted."
                    .into(),
                ignored("sin el enlace no entra nadie."),
            ],
        },
        Letter::EmailVerification { business, .. } => Draft {
            subject: format!("Confirme su dirección de correo para {business}"),
            before: vec![format!(
                "Confirme, por favor, que esta es la dirección de correo de su cuenta en {business}."
            )],
            action: "Confirmar la dirección",
            after: vec![
                "El enlace sirve una sola vez, durante un día.".into(),
                ignored("la dirección queda sin confirmar."),
            ],
        },
        Letter::PasswordChanged { business } => Draft {
            subject: format!("Su contraseña de {business} ha cambiado"),
            before: vec![
                format!(
                    "La contraseña de su cuenta en {business} acaba de cambiar, y se ha cerrado la sesión en todos los \
                     dispositivos."
                ),
                "Si ha sido usted, no hay nada que hacer. Si no, elija otra ahora mismo y avise a los responsables del \
                 negocio."
                    .into(),
            ],
            action: "Elegir otra contraseña",
            after: Vec::new(),
        },
    }
}
